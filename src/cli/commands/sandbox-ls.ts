// `clincher sandbox ls`: the containers that were made through docker-proxy, or the scopes of the
// SSH sandbox.

import { Command } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withStack } from '../flags.ts';

interface Flags extends StackFlags {
  readonly settings?: string;
  readonly json?: boolean;
}

export function sandboxListCommand(): Command {
  const command = withStack(new Command('ls'))
    .description('what sandboxes there are: containers, as the daemon has them, or scopes over SSH')
    .option('--settings <file>', 'of a proxy run alone, instead of the configuration')
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const { output } = await import('../output.ts');
      const { declaredSandbox } = await import('../sandbox/declared.ts');
      const declared = await declaredSandbox(flags);
      if (declared.backend === 'ssh') {
        const { listScopes, scopeLines } = await import('../sandbox/list-ssh.ts');
        const listed = await listScopes(declared, stateDirOf(flags));
        if (flags.json === true) output.json(listed);
        else for (const line of scopeLines(listed)) output.line(line);
        return;
      }
      const { listSandboxes, sandboxLines } = await import('../sandbox/list.ts');
      const rows = await listSandboxes(declared);
      if (flags.json === true) output.json(rows);
      else for (const line of sandboxLines(rows)) output.line(line);
    });
  return withExamples(command, ['clincher sandbox ls', 'clincher sandbox ls --json']);
}
