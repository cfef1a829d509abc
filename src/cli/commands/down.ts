// `clincher down`: stops every service of the stack; secrets, state and logs stay.

import { Command } from 'commander';
import {
  type StackFlags,
  stateDirOf,
  type UpFlags,
  withExamples,
  withHost,
  withState,
} from '../flags.ts';

export function downCommand(): Command {
  const command = withHost(withState(new Command('down')))
    .description('stop the stack; secrets, state and logs stay')
    .action(async (flags: StackFlags & Pick<UpFlags, 'host'>) => {
      const { output } = await import('../output.ts');
      const stopped = await stop(stateDirOf(flags), flags.host);
      output.line(stopped ? 'down: every service is stopped' : 'nothing was running');
    });
  return withExamples(command, ['clincher down', 'clincher down --host monitor']);
}

async function stop(stateDir: string, host: UpFlags['host']): Promise<boolean> {
  if (host === 'monitor') {
    const { monitorBundle, stopMonitor } = await import('../monitor-host/compose.ts');
    return stopMonitor(monitorBundle(stateDir));
  }
  return (await import('../running.ts')).stopStack(stateDir);
}
