// The certificates by which the monitor and its door know one another: one that the door shows, one
// that the monitor shows, and for each the CA that the other side asks for.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Secret } from '../../kit/secret.ts';
import { doorSecrets, monitorCredentials } from '../../topology/monitor-secrets.ts';
import type { MakeCertificates } from './generate.ts';
import type { SecretStore } from './store.ts';

/** Of each pair, by the names its parts are kept under. */
const pairs = {
  door: { ca: monitorCredentials.ca, cert: doorSecrets.cert, key: doorSecrets.key },
  monitor: {
    ca: doorSecrets.clientCa,
    cert: monitorCredentials.cert,
    key: monitorCredentials.key,
  },
} as const;

type Pair = (typeof pairs)[keyof typeof pairs];
type PairName = keyof typeof pairs;

/**
 * Makes the pairs that are not there, are broken, or are for another host, and those to be renewed.
 * A new one is for a new CA, so what was handed out before is refused once the door has it. Returns
 * the names of what it made.
 */
export async function makeMonitorPairs(
  store: SecretStore,
  host: string,
  now: number,
  make: MakeCertificates,
  renew: readonly PairName[] = [],
): Promise<readonly string[]> {
  const made: string[] = [];
  if (renew.includes('door') || !(await isWhole(store, pairs.door, host))) {
    made.push(...(await write(store, pairs.door, await make.server([host], now))));
  }
  if (renew.includes('monitor') || !(await isWhole(store, pairs.monitor, null))) {
    made.push(...(await write(store, pairs.monitor, await make.client('clincher monitor', now))));
  }
  return made;
}

/** The key first: a run cut short leaves a pair that does not match, and is made anew. */
async function write(
  store: SecretStore,
  { ca, cert, key }: Pair,
  signed: Awaited<ReturnType<MakeCertificates['client']>>,
): Promise<readonly string[]> {
  await store.write(key, new Secret(signed.keyPem));
  await store.write(cert, new Secret(signed.certPem));
  await store.write(ca, new Secret(signed.caPem));
  return [ca, cert, key];
}

/**
 * Whether it lets its holder in at all: that it ends soon is said, and not mended behind the
 * monitor's back, which would be refused from then on.
 */
async function isWhole(store: SecretStore, pair: Pair, host: string | null): Promise<boolean> {
  const [ca, cert, key] = await Promise.all([pair.ca, pair.cert, pair.key].map(store.read));
  if (!ca || !cert || !key) return false;
  try {
    const parsed = new X509Certificate(cert.reveal());
    const matches = parsed.checkPrivateKey(createPrivateKey(key.reveal()));
    const signed = parsed.verify(new X509Certificate(ca.reveal()).publicKey);
    if (host === null) return matches && signed;
    const named = parsed.checkHost(host) !== undefined || parsed.checkIP(host) !== undefined;
    return matches && signed && named;
  } catch {
    return false;
  }
}
