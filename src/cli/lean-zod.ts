// zod without what nothing here uses: its words in sixty languages, a file each, and the code that
// it would make of a schema, which pays from the second reading on: a start reads its settings
// once. Imported first, and before whatever imports zod.

import { importWithout } from '../kit/import-without.ts';

const words = /\/zod\/v4\/locales\/index\.js$/;

const { config } = await importWithout(words, 'module', () => import('zod'));
config({ jitless: true });
