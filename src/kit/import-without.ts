// Loads a package without a part of it that nothing here uses and that costs a start time and
// memory.

import { registerHooks } from 'node:module';

/** `part`: by its URL. A package whose part went elsewhere is loaded whole. */
export async function importWithout<Loaded>(
  part: RegExp,
  format: 'module' | 'commonjs',
  load: () => Promise<Loaded>,
): Promise<Loaded> {
  const hooks = registerHooks({
    load: (url, context, next) =>
      part.test(url) ? { format, source: '', shortCircuit: true } : next(url, context),
  });
  try {
    return await load();
  } finally {
    hooks.deregister();
  }
}
