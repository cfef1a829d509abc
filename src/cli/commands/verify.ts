// `clincher verify`: goes into every running service, tries everything, compares with what is
// declared; then attacks the guards from where their callers stand.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withStack } from '../flags.ts';

interface VerifyFlags extends StackFlags {
  readonly json?: boolean;
  readonly quick?: boolean;
}

export function verifyCommand(): Command {
  const command = withStack(new Command('verify'))
    .description('is what runs what was declared? (tried from inside every service)')
    .option('--quick', 'who reaches what, and with which rights; without the attacks')
    .option('--json', 'the whole report as JSON')
    .action(async (flags: VerifyFlags) => {
      const { verifyStack } = await import('../verification.ts');
      process.exitCode = await verifyStack(flags, stateDirOf(flags), {
        json: flags.json === true,
        attacks: flags.quick !== true,
      });
    });
  return withExamples(command, [
    'clincher verify              exit code 1 on any difference, either way',
    'clincher verify --quick      in seconds, and nothing is refused on purpose',
    'clincher verify --json > report.json',
  ]);
}
