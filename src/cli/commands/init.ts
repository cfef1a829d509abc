// `clincher init`: writes the starter clincher.yaml, or one from the settings of an OpenClaw that
// somebody has; never over one that is there.

import { Command } from 'commander';
import { defaultConfig, withExamples } from '../flags.ts';

interface Flags {
  readonly config: string;
  readonly openclaw?: string;
}

export function initCommand(): Command {
  const command = new Command('init')
    .description('write a starter clincher.yaml')
    .option('--config <file>', 'the file to write', defaultConfig)
    .option('--openclaw <file>', 'take over what can be of this openclaw.json')
    .action(async ({ config, openclaw }: Flags) => {
      const { output } = await import('../output.ts');
      const { writeFromOpenclaw, writeStarter } = await import('../starter.ts');
      const there = `${config} is there already: left alone`;
      if (openclaw === undefined) {
        output.line((await writeStarter(config)) ? `wrote ${config}` : there);
        return;
      }
      const made = await writeFromOpenclaw(config, openclaw);
      if (made === null) return output.line(there);
      output.line(`wrote ${config}`);
      for (const { name, path } of made.secrets) {
        output.line(`  secret    clincher secret set ${name}     the value of ${path}`);
      }
      for (const { path, why } of made.leftOut) output.line(`  left out  ${path}: ${why}`);
      output.line('Look through it, then: clincher check');
    });
  return withExamples(command, [
    'clincher init',
    'clincher init --config staging.yaml',
    'clincher init --openclaw ~/.openclaw/openclaw.json',
  ]);
}
