// `clincher init`: writes the starter clincher.yaml, and never over one that is there.

import { Command } from 'commander';
import { defaultConfig, withExamples } from '../flags.ts';

export function initCommand(): Command {
  const command = new Command('init')
    .description('write a starter clincher.yaml')
    .option('--config <file>', 'the file to write', defaultConfig)
    .action(async (flags: { readonly config: string }) => {
      const { output } = await import('../output.ts');
      const { writeStarter } = await import('../starter.ts');
      const written = await writeStarter(flags.config);
      output.line(
        written ? `wrote ${flags.config}` : `${flags.config} is there already: left alone`,
      );
    });
  return withExamples(command, ['clincher init', 'clincher init --config staging.yaml']);
}
