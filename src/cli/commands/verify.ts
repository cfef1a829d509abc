// `clincher verify`: goes into every running service, tries everything, compares with what is
// declared; then attacks the guards from where their callers stand.

import { Command } from 'commander';
import { stateDirOf, withExamples, withStack } from '../flags.ts';
import type { VerifyFlags } from '../verify/verify-stack.ts';

interface Flags extends VerifyFlags {
  readonly unattended?: boolean;
  readonly checkReport?: string;
  readonly signedBy?: string;
  readonly selftest?: boolean;
}

export function verifyCommand(): Command {
  const command = withStack(new Command('verify'))
    .description('is what runs what was declared? (tried from inside every service)')
    .option('--quick', 'who reaches what, and with which rights; without the attacks')
    .option('--selftest', 'plants holes in a throw-away copy: does verify find each?')
    .option('--json', 'the whole report as JSON, signed')
    .option('--junit <file>', 'also as JUnit XML, for what shows tests')
    .option('--html <file>', 'also as one page: map, matrix, rights, evidence; needs no server')
    .option('--against <report>', 'what has changed since: `last`, or a report in a file')
    .option('--unattended', 'for timers: --quick --against last, as lines of a log')
    .option('--check-report <file>', 'is this report (JSON, page, JUnit) as this stack signed it?')
    .option(
      '--signed-by <fingerprint>',
      'of a report in a file: signed by that stack, not by this one',
    )
    .action(async (flags: Flags) => {
      if (flags.checkReport !== undefined) {
        const { checkReport } = await import('../verify/check-report.ts');
        process.exitCode = await checkReport(flags.checkReport, stateDirOf(flags), flags.signedBy);
        return;
      }
      if (flags.unattended === true) {
        const { verifyUnattended } = await import('../verify/unattended.ts');
        process.exitCode = await verifyUnattended(flags, stateDirOf(flags));
        return;
      }
      if (flags.selftest === true) {
        const { runSelftest } = await import('../selftest/run-selftest.ts');
        process.exitCode = await runSelftest(flags);
        return;
      }
      const { verifyStack } = await import('../verify/verify-stack.ts');
      process.exitCode = await verifyStack(flags, stateDirOf(flags));
    });
  return withExamples(command, [
    'clincher verify                            exit code 1 on any difference, either way',
    'clincher verify --quick                    in seconds, and nothing is refused on purpose',
    'clincher verify --against last             what has changed, in sentences',
    'clincher verify --selftest                 minutes; touches nothing that runs',
    'clincher verify --html report.html         to read, print and send',
    'clincher verify --json > report.json',
    'clincher verify --junit verify.xml         for CI',
    'clincher verify --check-report report.html',
  ]);
}
