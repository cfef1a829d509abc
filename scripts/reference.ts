// Writes docs/reference and clincher.schema.json from the lists in the code. A test compares them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { referencePages } from '../src/testing/reference-pages.ts';

const root = join(import.meta.dirname, '..');
for (const [path, content] of referencePages()) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
