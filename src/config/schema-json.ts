// The JSON Schema of clincher.yaml, for editors and `clincher schema`; made from the schema that
// reads it.

import * as z from 'zod';
import { configSchema } from './schema.ts';

export const schemaFile = 'clincher.schema.json';

/** Draft 7, because that is what editors' YAML servers read. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' });
  return { ...schema, title: 'clincher.yaml' };
}

/** As the file in the repository holds it. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}
