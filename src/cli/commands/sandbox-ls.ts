// `clincher sandbox ls`: the containers that were made through docker-proxy.

import { Command } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

interface Flags extends StackFlags {
  readonly settings?: string;
  readonly json?: boolean;
}

export function sandboxListCommand(): Command {
  const command = withStack(new Command('ls'))
    .description('the containers that were made through docker-proxy, as the daemon has them')
    .option('--settings <file>', 'of a proxy run alone, instead of the configuration')
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const { output } = await import('../output.ts');
      const { declaredDocker } = await import('../sandbox/declared.ts');
      const { listSandboxes, sandboxLines } = await import('../sandbox/list.ts');
      const rows = await listSandboxes(await declaredDocker(flags));
      if (flags.json === true) output.json(rows);
      else for (const line of sandboxLines(rows)) output.line(line);
    });
  return withExamples(command, ['clincher sandbox ls', 'clincher sandbox ls --json']);
}
