// `clincher restart`: one service, or all of them, as planned when they were brought up.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

export function restartCommand(): Command {
  const command = withState(new Command('restart'))
    .description('restart one service, or all')
    .argument('[service]', 'only this one')
    .action(async (service: string | undefined, flags: StackFlags) => {
      const { output } = await import('../output.ts');
      const { restartServices } = await import('../restart.ts');
      const restarted = await restartServices(flags, stateDirOf(flags), service ?? null);
      output.line(`restarted: ${restarted.join(', ')}`);
    });
  return withExamples(command, ['clincher restart llm', 'clincher restart']);
}
