// `clincher topology`: the declared stack as text, JSON or a picture.

import { Command, Option } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

const formats = ['text', 'json', 'mermaid', 'dot', 'svg'] as const;

export function topologyCommand(): Command {
  const command = withStack(new Command('topology'))
    .description('the declared stack as text, JSON or a picture')
    .addOption(new Option('--format <format>').choices(formats).default('text'))
    .action(async (flags: StackFlags & { readonly format: (typeof formats)[number] }) => {
      const { output } = await import('../output.ts');
      const { declareStack } = await import('../stack.ts');
      const { renderTopology } = await import('../../render/topology.ts');
      const { topology } = await declareStack(flags);
      output.line(renderTopology(topology, flags.format));
    });
  return withExamples(command, [
    'clincher topology',
    'clincher topology --format mermaid',
    'clincher topology --format svg > stack.svg',
  ]);
}
