// Makes the secrets that are nobody's to choose: the agent's virtual key, the tokens, the local
// certificate.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Secret } from '../../kit/secret.ts';
import type { World } from '../../kit/world.ts';
import type { SecretDeclaration } from '../../topology/model.ts';
import { localCa } from '../../topology/monitor-secrets.ts';
import { pullCa, pullCert, pullKey, tlsCert, tlsKey } from '../../topology/secrets.ts';
import type { SecretStore } from './store.ts';

/** In the store of a host that was deployed to: what is made for it is made elsewhere. */
export const madeElsewhere = 'made-elsewhere';
const renewBeforeMs = 30 * 86_400_000;

/** With what they belong to, below and in monitor-pairs.ts. */
const madeInPairs: ReadonlySet<SecretDeclaration['kind']> = new Set([
  'tls-key',
  'ssh-key',
  'monitor-credential',
]);

interface Signed {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

export interface MakeCertificates {
  readonly server: (hosts: readonly string[], now: number) => Promise<Signed>;
  readonly client: (name: string, now: number) => Promise<Signed>;
}

export interface Server {
  readonly host: string;
  /** Whether a certificate of another CA is somebody else's to replace, however old it is. */
  readonly foreign: boolean;
}

/**
 * Makes what is declared as generated and not there yet; the certificate also when it is about to
 * expire or is for another host. Returns the names of what it made; a second call makes nothing.
 */
export async function generateSecrets(
  declarations: readonly SecretDeclaration[],
  server: Server,
  store: SecretStore,
  world: Pick<World, 'now' | 'randomBytes'>,
  makeCertificates: MakeCertificates,
): Promise<readonly string[]> {
  const made: string[] = [];
  const generated = declarations.filter(({ source }) => source.kind === 'generated');
  for (const { name, kind } of generated) {
    if (madeInPairs.has(kind) || (await store.read(name)) !== null) continue;
    await store.write(name, randomSecret(kind, world));
    made.push(name);
  }
  if (generated.some(({ kind }) => kind === 'ssh-key')) made.push(...(await sshKeys(store)));
  if (generated.some(({ name }) => name === pullCa)) {
    made.push(...(await originPull(store, world.now(), makeCertificates.client)));
  }
  if (!generated.some(({ name }) => name === tlsKey)) return made;
  if (await certificateServes(store, server, world.now())) return made;
  const { caPem, certPem, keyPem } = await makeCertificates.server([server.host], world.now());
  await store.write(localCa, new Secret(caPem));
  await store.write(tlsCert, new Secret(certPem));
  await store.write(tlsKey, new Secret(keyPem));
  return [...made, tlsCert, tlsKey];
}

/** All three or none; `clincher cloudflare apply` is what brings a new one to Cloudflare. */
async function originPull(
  store: SecretStore,
  now: number,
  makeClient: MakeCertificates['client'],
): Promise<readonly string[]> {
  const names = [pullCa, pullCert, pullKey];
  const there = await Promise.all(names.map((name) => store.read(name)));
  if (there.every((value) => value !== null)) return [];
  const { caPem, certPem, keyPem } = await makeClient('clincher origin pull', now);
  await store.write(pullKey, new Secret(keyPem));
  await store.write(pullCert, new Secret(certPem));
  await store.write(pullCa, new Secret(caPem));
  return names;
}

/** All four or none: halves of two pairs would lock the agent out. */
async function sshKeys(store: SecretStore): Promise<readonly string[]> {
  const { makeSshKeys, sshKeysMatch } = await import('./ssh-keys.ts');
  const keys = makeSshKeys();
  const there = new Map<string, Secret>();
  for (const name of keys.keys()) {
    const value = await store.read(name);
    if (value !== null) there.set(name, value);
  }
  if (sshKeysMatch(there)) return [];
  for (const [name, value] of keys) await store.write(name, value);
  return [...keys.keys()];
}

function randomSecret(kind: SecretDeclaration['kind'], world: Pick<World, 'randomBytes'>): Secret {
  const text = world.randomBytes(32).toString('base64url');
  return new Secret(kind === 'virtual-key' || kind === 'master-key' ? `sk-clincher-${text}` : text);
}

/** Weeks before it expires, so that a renewal that fails can be tried again. */
export function isNearExpiry({ validToDate }: X509Certificate, now: number): boolean {
  return validToDate.getTime() - now <= renewBeforeMs;
}

/** Until another CA has signed one, the ingress has one of this. */
export function isOfLocalCa({ issuer }: X509Certificate): boolean {
  return issuer.includes('clincher local CA');
}

async function certificateServes(
  store: SecretStore,
  { host, foreign }: Server,
  now: number,
): Promise<boolean> {
  const [cert, key] = [await store.read(tlsCert), await store.read(tlsKey)];
  if (cert === null || key === null) return false;
  try {
    const parsed = new X509Certificate(cert.reveal());
    const named = parsed.checkHost(host) !== undefined || parsed.checkIP(host) !== undefined;
    // A run cut short between the two files leaves a pair that does not match.
    const pair = parsed.checkPrivateKey(createPrivateKey(key.reveal()));
    const lasts = isOfLocalCa(parsed) ? !isNearExpiry(parsed, now) : foreign;
    return named && pair && lasts;
  } catch {
    return false;
  }
}
