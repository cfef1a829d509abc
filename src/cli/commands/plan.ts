// `clincher plan`: what `up` would change, in sentences that say what it means for security.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withStack } from '../flags.ts';

export function planCommand(): Command {
  const command = withStack(new Command('plan'))
    .description('what would `up` change? (one look at what runs)')
    .option('--json', 'the whole plan and its changes as JSON')
    .action(async (flags: StackFlags & { readonly json?: boolean }) => {
      const { output } = await import('../output.ts');
      const { planChanges } = await import('../changes.ts');
      const { plan, sentences } = await planChanges(flags, stateDirOf(flags));
      if (flags.json === true) output.json({ plan, changes: sentences });
      else if (sentences.length === 0) output.line('nothing would change');
      else for (const sentence of sentences) output.line(sentence);
    });
  return withExamples(command, ['clincher plan', 'clincher plan --json']);
}
