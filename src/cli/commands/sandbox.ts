// `clincher sandbox`: what the agent's tools asked of their place to run, what was decided, and
// which sandboxes there are.

import { Command } from 'commander';
import { withExamples } from '../flags.ts';
import { sandboxExplainCommand } from './sandbox-explain.ts';
import { sandboxLogCommand } from './sandbox-log.ts';
import { sandboxListCommand } from './sandbox-ls.ts';

export function sandboxCommand(): Command {
  const command = new Command('sandbox')
    .description('which sandboxes there are, what was asked of them, and what may be')
    .enablePositionalOptions();
  command.addCommand(sandboxLogCommand());
  command.addCommand(sandboxListCommand());
  command.addCommand(sandboxExplainCommand());
  return withExamples(command, [
    'clincher sandbox log --verdict deny                 what was refused, and why',
    'clincher sandbox ls                                 the containers or scopes there are',
    'clincher sandbox explain POST /containers/create --body create.json',
  ]);
}
