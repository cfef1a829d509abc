// `clincher llm`: the model proxy alone, for who comes from LiteLLM.

import { Command } from 'commander';
import { withExamples } from '../flags.ts';
import type { LitellmFlags } from '../llm/serve-litellm.ts';

export function llmCommand(): Command {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  const command = new Command('llm')
    .description('the model proxy alone, by the config.yaml of a LiteLLM')
    .requiredOption('--litellm-config <file>', 'read as it is; docs/llm-from-litellm.md')
    .option('--listen <address>', 'again for more (default: 127.0.0.1:4000)', list)
    .option('--admin <address>', 'health and metrics', list)
    .option('--egress <address>', 'a proxy to go through (default: one of its own, beside)')
    .option('--allow-address <range>', 'dialled by its own proxy though it is not public', list)
    .option('--budget <usd/window>', 'for a file without max_budget: 20/day')
    .option('--without <path>', 'go without this key of the file, knowing it is not obeyed', list)
    .option('--instance <name/count>', 'one of several that share a Redis: one/2')
    .option('--state <dir>', 'ledger and virtual keys (default: .clincher-llm)')
    .action(async (flags: LitellmFlags) => {
      const { serveLitellm } = await import('../llm/serve-litellm.ts');
      process.exit(await serveLitellm(flags));
    });
  return withExamples(command, [
    'clincher llm --litellm-config config.yaml --budget 20/day',
    'clincher llm --litellm-config config.yaml --without general_settings.database_url',
    'clincher spend --ledger .clincher-llm',
  ]);
}
