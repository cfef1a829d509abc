// `clincher verify`: goes into every running service, tries everything, compares with what is
// declared; then attacks the guards from where their callers stand.

import { Command } from 'commander';
import { stateDirOf, withExamples, withStack } from '../flags.ts';
import type { VerifyFlags } from '../verify/verify-stack.ts';

interface Flags extends VerifyFlags {
  readonly checkReport?: string;
  readonly signedBy?: string;
}

export function verifyCommand(): Command {
  const command = withStack(new Command('verify'))
    .description('is what runs what was declared? (tried from inside every service)')
    .option('--quick', 'who reaches what, and with which rights; without the attacks')
    .option('--json', 'the whole report as JSON, signed')
    .option('--junit <file>', 'also as JUnit XML, for what shows tests')
    .option('--html <file>', 'also as one page: map, matrix, rights, evidence; needs no server')
    .option('--check-report <file>', 'is this report (JSON or page) as this stack signed it?')
    .option(
      '--signed-by <fingerprint>',
      'with --check-report: signed by that stack, not by this one',
    )
    .action(async (flags: Flags) => {
      if (flags.checkReport !== undefined) {
        const { checkReport } = await import('../verify/check-report.ts');
        process.exitCode = await checkReport(flags.checkReport, stateDirOf(flags), flags.signedBy);
        return;
      }
      const { verifyStack } = await import('../verify/verify-stack.ts');
      process.exitCode = await verifyStack(flags, stateDirOf(flags));
    });
  return withExamples(command, [
    'clincher verify                            exit code 1 on any difference, either way',
    'clincher verify --quick                    in seconds, and nothing is refused on purpose',
    'clincher verify --html report.html         to read, print and send',
    'clincher verify --json > report.json',
    'clincher verify --junit verify.xml         for CI',
    'clincher verify --check-report report.html',
  ]);
}
