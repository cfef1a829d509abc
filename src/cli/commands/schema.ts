// `clincher schema`: the JSON Schema of clincher.yaml, for editors.

import { Command } from 'commander';
import { withExamples } from '../flags.ts';

export function schemaCommand(): Command {
  const command = new Command('schema')
    .description('the JSON Schema of clincher.yaml, for editors')
    .action(async () => {
      const { output } = await import('../output.ts');
      const { configJsonSchema } = await import('../../config/schema-json.ts');
      output.json(configJsonSchema());
    });
  return withExamples(command, ['clincher schema > clincher.schema.json']);
}
