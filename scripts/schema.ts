// Writes clincher.schema.json, which editors use; a test compares it with the schema that reads
// the file.

import { writeFileSync } from 'node:fs';
import { configJsonSchemaText, schemaFile } from '../src/config/schema-json.ts';

writeFileSync(new URL(`../${schemaFile}`, import.meta.url), configJsonSchemaText());
