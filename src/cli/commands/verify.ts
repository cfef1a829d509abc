// `clincher verify`: goes into every running service, tries everything, compares with what is
// declared.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withStack } from '../flags.ts';

export function verifyCommand(): Command {
  const command = withStack(new Command('verify'))
    .description('is what runs what was declared? (tried from inside every service)')
    .option('--json', 'the whole report as JSON')
    .action(async (flags: StackFlags & { readonly json?: boolean }) => {
      const { verifyStack } = await import('../verification.ts');
      process.exitCode = await verifyStack(flags, stateDirOf(flags), flags.json === true);
    });
  return withExamples(command, [
    'clincher verify              exit code 1 on any difference, either way',
    'clincher verify --json > report.json',
  ]);
}
