// `clincher check`: is the declared topology safe? Reads the configuration, touches nothing.

import { Command } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

export function checkCommand(): Command {
  const command = withStack(new Command('check'))
    .description('is the declared topology safe? (no machine touched)')
    .option('--json', 'findings as JSON')
    .action(async (flags: StackFlags & { readonly json?: boolean }) => {
      const { declareStack } = await import('../stack.ts');
      const { output } = await import('../output.ts');
      const { findingLines, hasFatal } = await import('../findings.ts');
      const { findings, topology } = await declareStack(flags);
      if (flags.json === true) output.json({ findings });
      else for (const line of findingLines(findings, topology)) output.line(line);
      if (hasFatal(findings)) process.exitCode = 1;
    });
  return withExamples(command, [
    'clincher check                      exit code 0: safe, 1: a finding is fatal, 2: wrong input',
    'clincher check --json | jq .findings',
  ]);
}
