// `clincher why A B`: can A reach B, by which edges, declared where; or what stops it.

import { Command } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

export function whyCommand(): Command {
  const command = withStack(new Command('why'))
    .description('can A reach B, by which edges, declared where; or what stops it')
    .argument('<from>', 'a service, or people, internet ...')
    .argument('<to>')
    .action(async (from: string, to: string, flags: StackFlags) => {
      const { output } = await import('../output.ts');
      const { declareStack } = await import('../stack.ts');
      const { why } = await import('../../topology/why.ts');
      const { topology } = await declareStack(flags);
      const { reaches, lines } = why(topology, from, to);
      for (const line of lines) output.line(line);
      if (reaches === 'no') process.exitCode = 1;
    });
  return withExamples(command, [
    'clincher why gateway internet     exit code 0: it can, 1: it cannot',
    'clincher why llm api.anthropic.com',
  ]);
}
