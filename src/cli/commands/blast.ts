// `clincher blast`: if a service is taken over, what is in its hands.

import { Command, Option } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

const formats = ['text', 'json', 'mermaid', 'dot'] as const;

interface Flags extends StackFlags {
  readonly format: (typeof formats)[number];
  readonly compare?: boolean;
}

export function blastCommand(): Command {
  const command = withStack(new Command('blast'))
    .description('if a service is taken over, what is in its hands? the worst first')
    .argument('[service]', 'one of them; all when left out')
    .addOption(new Option('--format <format>').choices(formats).default('text'))
    .option('--compare', 'beside the stack of upstream images on shared bridges')
    .action(async (service: string | undefined, flags: Flags) => {
      const { output } = await import('../output.ts');
      const { declareStack } = await import('../stack.ts');
      const { blast } = await import('../../topology/blast.ts');
      const { blastGraph, blastTable, blastText } = await import('../../render/blast.ts');
      const { referenceBeside } = await import('../../topology/standard.ts');
      const { topology, options } = await declareStack(flags);
      const ours = blast(topology, service ?? null);
      const theirs = flags.compare === true ? blast(referenceBeside(options)) : null;
      if (flags.format === 'json') {
        return output.json(theirs === null ? ours : { here: ours, reference: theirs });
      }
      const [worst] = ours;
      if (flags.format !== 'text' && worst !== undefined) {
        return output.line(blastGraph(topology, worst, flags.format));
      }
      output.line(theirs === null ? blastText(ours) : blastTable(ours, theirs, 'reference'));
    });
  return withExamples(command, [
    'clincher blast                    every service, the worst first',
    'clincher blast gateway',
    'clincher blast --compare          beside the reference preset',
    'clincher blast gateway --format dot | dot -Tsvg > gateway.svg',
  ]);
}
