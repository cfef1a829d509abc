// `clincher status`: every service, its state and since when. Exit code 1 when something is not
// ready.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

export function statusCommand(): Command {
  const command = withState(new Command('status'))
    .description('what runs, and is it ready?')
    .option('--json', 'what was observed as JSON')
    .option('-w, --watch', 'again and again, with the alarms, until Ctrl-C')
    .action(async (flags: StackFlags & { readonly json?: boolean; readonly watch?: boolean }) => {
      if (flags.watch === true) return watch(stateDirOf(flags));
      const { output } = await import('../output.ts');
      const { observeRunning } = await import('../running.ts');
      const { statusLines } = await import('../status-table.ts');
      const observed = await observeRunning(stateDirOf(flags));
      if (flags.json === true) output.json(observed);
      else for (const line of statusLines(observed, Date.now())) output.line(line);
      const ready = observed.services.every(({ state }) => state === 'ready');
      if (!ready || observed.services.length === 0) process.exitCode = 1;
    });
  return withExamples(command, [
    'clincher status              exit code 0 when every service is ready',
    'clincher status --watch      what is not as it should be is said beside metrics',
    'clincher status --json',
  ]);
}

const watchEveryMs = 2_000;

async function watch(stateDir: string): Promise<void> {
  const { output } = await import('../output.ts');
  const { observeRunning } = await import('../running.ts');
  const { watchStatus } = await import('../watch-status.ts');
  await watchStatus({
    observe: () => observeRunning(stateDir),
    now: Date.now,
    write: output.text,
    isTerminal: output.isTerminal(),
    pause: () => new Promise((resolve) => setTimeout(resolve, watchEveryMs, true)),
  });
}
