// The key that the stack signs its reports with: made when it is first needed, kept with the other
// secrets that clincher makes, held by no service.

import type { Secret } from '../../kit/secret.ts';
import { makeReportKey, publicKeyOf } from '../../verify/signature.ts';
import type { SecretStore } from './store.ts';

export const reportKeyName = 'report-key';

export async function reportKey(store: SecretStore): Promise<Secret> {
  const there = await store.read(reportKeyName);
  if (there !== null) return there;
  const made = makeReportKey();
  await store.write(reportKeyName, made);
  // Of two that made one at the same time, both go on with the one that stayed.
  return (await store.read(reportKeyName)) ?? made;
}

/** Its public half; null before the first report. */
export async function knownReportKey(store: SecretStore): Promise<string | null> {
  const key = await store.read(reportKeyName);
  return key === null ? null : publicKeyOf(key);
}
