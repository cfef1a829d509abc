// `clincher blast`: if a service is taken over, what is in its hands.

import { Command, Option } from 'commander';
import type { Taken } from '../../render/blast.ts';
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
      const reference = flags.compare === true ? referenceBeside(options) : null;
      const theirs = reference === null ? null : blast(reference);
      if (flags.format === 'json') {
        return output.json(theirs === null ? ours : { here: ours, reference: theirs });
      }
      const [worst] = ours;
      if (flags.format !== 'text' && worst !== undefined) {
        const same = theirs?.find((one) => one.service === service) ?? theirs?.[0];
        const taken: Taken[] = [['here', topology, worst]];
        if (reference !== null && same !== undefined) taken.push(['reference', reference, same]);
        return output.line(blastGraph(taken, flags.format));
      }
      output.line(theirs === null ? blastText(ours) : blastTable(ours, theirs, 'reference'));
    });
  return withExamples(command, [
    'clincher blast                    every service, the worst first',
    'clincher blast gateway',
    'clincher blast --compare          beside the reference preset',
    'clincher blast gateway --format dot | dot -Tsvg > gateway.svg',
    'clincher blast gateway --compare --format mermaid',
  ]);
}
