// `clincher serve <role>`: one role alone, for who wants only that: an egress proxy, a model proxy.

import { Command } from 'commander';
import { withExamples } from '../flags.ts';

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('run one role alone, from one settings file')
    .argument('<role>', 'demo, docker-proxy, egress, ingress, llm, metrics or relay')
    .requiredOption('--settings <file>', 'JSON, as strict as the role is')
    .action(async (role: string, flags: { readonly settings: string }) => {
      const { serve } = await import('../serve.ts');
      process.exit(await serve([role, '--settings', flags.settings]));
    });
  return withExamples(command, ['clincher serve egress --settings egress.json']);
}
