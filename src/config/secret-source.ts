// A secret's reference, as text that its schema has accepted, to where its value comes from.

import type { SecretSource } from '../topology/model.ts';

/** `env:NAME`, `file:PATH` or `store:NAME`. */
export function secretSource(text: string, resolve: (path: string) => string): SecretSource {
  const rest = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('env:')) return { kind: 'env', variable: rest };
  if (text.startsWith('file:')) return { kind: 'file', path: resolve(rest) };
  return { kind: 'store', key: rest };
}
