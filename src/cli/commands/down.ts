// `clincher down`: stops every service of the stack; secrets, state and logs stay.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

export function downCommand(): Command {
  const command = withState(new Command('down'))
    .description('stop the stack; secrets, state and logs stay')
    .action(async (flags: StackFlags) => {
      const { output } = await import('../output.ts');
      const { stopStack } = await import('../running.ts');
      const stopped = await stopStack(stateDirOf(flags));
      output.line(stopped ? 'down: every service is stopped' : 'nothing was running');
    });
  return withExamples(command, ['clincher down']);
}
