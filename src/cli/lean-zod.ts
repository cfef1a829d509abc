// zod without what nothing here uses: its words in sixty languages, a file each, and the code that
// it would make of a schema, which pays from the second reading on: a start reads its settings
// once. Imported first, and before whatever imports zod.

import { registerHooks } from 'node:module';

const words = /\/zod\/v4\/locales\/index\.js$/;

const hooks = registerHooks({
  load: (url, context, next) =>
    words.test(url) ? { format: 'module', source: '', shortCircuit: true } : next(url, context),
});
const { config } = await import('zod');
hooks.deregister();
config({ jitless: true });
