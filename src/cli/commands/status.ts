// `clincher status`: every service, its state and since when. Exit code 1 when something is not
// ready.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

export function statusCommand(): Command {
  const command = withState(new Command('status'))
    .description('what runs, and is it ready?')
    .option('--json', 'what was observed as JSON')
    .action(async (flags: StackFlags & { readonly json?: boolean }) => {
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
    'clincher status --json',
  ]);
}
