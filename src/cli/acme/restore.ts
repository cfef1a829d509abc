// Gives the stack the certificate that a public CA has signed: also after a run that was cut short
// between the two files, and where another certificate was used for a while.

import { Secret } from '../../kit/secret.ts';
import { acmeOf, type StackOptions } from '../../topology/options.ts';
import { tlsCert, tlsKey } from '../../topology/secrets.ts';
import type { SecretStore } from '../secrets/store.ts';
import { acmeFiles, subjectOf } from './files.ts';

/** Resolves to the names of what it has written. */
export async function restorePublic(
  options: StackOptions,
  host: string,
  stateDir: string,
  store: SecretStore,
): Promise<readonly string[]> {
  const acme = acmeOf(options);
  if (acme === null) return [];
  const pair = await acmeFiles(stateDir, subjectOf(acme, host)).pair();
  if (pair === null) return [];
  const [cert, key] = [await store.read(tlsCert), await store.read(tlsKey)];
  if (cert?.reveal() === pair.certPem && key?.reveal() === pair.keyPem.reveal()) return [];
  await store.write(tlsKey, pair.keyPem);
  await store.write(tlsCert, new Secret(pair.certPem));
  return [tlsCert, tlsKey];
}
