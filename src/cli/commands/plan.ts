// `clincher plan`: what `up` would change, in sentences that say what it means for security.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withStack } from '../flags.ts';

export function planCommand(): Command {
  const command = withStack(new Command('plan'))
    .description('what would `up` change? (one look at what runs)')
    .option('--json', 'the whole plan and its changes as JSON')
    .action(async (flags: StackFlags & { readonly json?: boolean }) => {
      const { output } = await import('../output.ts');
      const { formatDiff } = await import('../../plan/format.ts');
      const { prepareStack, rememberFlags } = await import('../prepared.ts');
      const stateDir = stateDirOf(flags);
      const { plan, diff } = await prepareStack(await rememberFlags(flags, stateDir), stateDir);
      if (flags.json === true) output.json({ plan, changes: diff.sentences });
      else output.line(formatDiff(plan, diff));
    });
  return withExamples(command, ['clincher plan', 'clincher plan --json']);
}
