// The certificate of a public CA: ordered when it is due, and at no other time. It runs on the host
// as whoever runs the stack; what faces the world sees neither the account's key nor the CA.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type AccountBinding, openAccountKey } from '../../acme/account-key.ts';
import {
  type AcmeConnection,
  type AcmeLimits,
  AcmeRefusal,
  connectAcme,
} from '../../acme/connect.ts';
import { type ChallengeWay, orderCertificate } from '../../acme/order.ts';
import { readWindow, renewalId } from '../../acme/renewal-info.ts';
import { type Life, renewAtMs, restAfterMs, waitAfterMs } from '../../acme/when.ts';
import { ClincherError } from '../../kit/error.ts';
import { Secret } from '../../kit/secret.ts';
import type { World } from '../../kit/world.ts';
import type { AcmeOptions } from '../../topology/ingress-options.ts';
import { acmeOf } from '../../topology/options.ts';
import { makeCertificateRequest } from '../certificate.ts';
import { cloudflareTokenOf } from '../cloudflare/open-work.ts';
import { readHostSecret } from '../secrets/host-secret.ts';
import type { DeclaredStack } from '../stack.ts';
import { hostIn } from '../up/prepare.ts';
import { type AcmeFiles, acmeFiles, type Memory, noMemory, type Pair, subjectOf } from './files.ts';
import { type DnsPlace, dnsWay, httpWay, serverAddresses } from './ways.ts';

/** What `renew` did about it. */
export type PublicRenewal =
  | { readonly kind: 'fine'; readonly untilMs: number }
  | { readonly kind: 'ordered'; readonly untilMs: number }
  /** What was in use is. */
  | { readonly kind: 'failed' | 'waiting'; readonly trouble: string; readonly nextTryMs: number };

export interface PublicWorld extends Pick<World, 'now' | 'randomBytes'> {
  /** Whether the ingress is there to answer the CA. */
  readonly isUp: () => Promise<boolean>;
  readonly cloudflareRoot?: string;
  readonly serverAddresses?: DnsPlace['serverAddresses'];
  readonly limits?: AcmeLimits;
}

const askWindowEveryMs = 6 * 3_600_000;

/**
 * Null where the certificate is another's to make.
 * @throws ClincherError for what the CA has no part in: a token that is not set
 */
export async function renewPublic(
  declared: DeclaredStack,
  stateDir: string,
  world: PublicWorld,
): Promise<PublicRenewal | null> {
  const acme = acmeOf(declared.options);
  if (acme === null) return null;
  const host = hostIn(declared.options.ingress.origin);
  const files = acmeFiles(stateDir, subjectOf(acme, host));
  const [memory, held] = [await files.memory(), await files.pair()];
  const now = world.now();
  if (now < memory.nextTryMs && memory.trouble !== null) {
    return { kind: 'waiting', trouble: memory.trouble, nextTryMs: memory.nextTryMs };
  }
  const life = held === null ? null : lifeOf(held);
  const isDue = life === null || now >= renewAtMs(life, memory.window?.atMs ?? null);
  const isResting = now < memory.nextTryMs;
  if (life !== null && (isResting || (!isDue && now < memory.askWindowMs))) {
    return { kind: 'fine', untilMs: life.untilMs };
  }
  const { challenge } = acme;
  if (challenge.type === 'http-01' && !(await world.isUp())) {
    const trouble = 'the stack is not up, and its ingress answers the CA';
    return { kind: 'waiting', trouble, nextTryMs: now };
  }
  const way = await openWay(declared, stateDir, host, acme, world);
  const ca = acme.caFile === null ? null : await readFile(acme.caFile, 'utf8');
  const binding = await bindingOf(acme, declared.dir, stateDir);
  const asked: Asked = { acme, host, ca, files, memory, held, way, binding, world };
  return ask(asked);
}

interface Asked {
  readonly acme: AcmeOptions;
  readonly host: string;
  readonly ca: string | null;
  readonly files: AcmeFiles;
  readonly memory: Memory;
  readonly held: Pair | null;
  readonly way: ChallengeWay;
  readonly binding: AccountBinding | null;
  readonly world: PublicWorld;
}

async function ask({
  acme,
  host,
  ca,
  files,
  memory,
  held,
  way,
  binding,
  world,
}: Asked): Promise<PublicRenewal> {
  const failures = memory.failures + 1;
  const now = world.now();
  const cutShort = { ...memory, failures, trouble: 'the last try was cut short' };
  // Before anything is asked: one that is cut short again and again must become rare, too.
  await files.remember({ ...cutShort, nextTryMs: now + waitAfterMs(failures, null) });
  const life = held === null ? null : lifeOf(held);
  let looked = memory;
  const isDue = () => life === null || now >= renewAtMs(life, looked.window?.atMs ?? null);
  try {
    const { limits } = world;
    const trust = { directory: acme.directory, ca, ...(limits === undefined ? {} : { limits }) };
    await using connection = await connectAcme(trust, openAccountKey(await files.accountKey()));
    if (held !== null) looked = await lookAtWindow(connection, held, memory, world);
    if (life !== null && !isDue()) {
      await files.remember({ ...looked, failures: 0, nextTryMs: 0, trouble: null });
      return { kind: 'fine', untilMs: life.untilMs };
    }
    const { csrPem, keyPem: keyText } = await makeCertificateRequest(host);
    const keyPem = new Secret(keyText);
    const replaces = held === null || looked.window === null ? null : renewalId(held.certPem);
    const { email } = acme;
    const wanted = { host, email, binding, csrPem, keyPem, replaces };
    const pair = { certPem: await orderCertificate(connection, wanted, way), keyPem };
    await files.keep(pair);
    const made = lifeOf(pair);
    await files.remember({ ...noMemory, nextTryMs: now + restAfterMs(made) });
    return { kind: 'ordered', untilMs: made.untilMs };
  } catch (error) {
    if (!(error instanceof ClincherError)) throw error;
    if (life !== null && !isDue()) {
      // It was only to be asked when it wants to be.
      await files.remember({ ...memory, askWindowMs: now + askWindowEveryMs });
      return { kind: 'fine', untilMs: life.untilMs };
    }
    const retryAfterMs = error instanceof AcmeRefusal ? error.retryAfterMs : null;
    const nextTryMs = now + waitAfterMs(failures, retryAfterMs);
    const trouble = error.format();
    await files.remember({ ...looked, failures, nextTryMs, trouble });
    return { kind: 'failed', trouble, nextTryMs };
  }
}

/** That a CA says nothing of it, or nothing that can be read, is no failure. */
async function lookAtWindow(
  connection: AcmeConnection,
  { certPem }: Pair,
  memory: Memory,
  world: PublicWorld,
): Promise<Memory> {
  const askWindowMs = world.now() + askWindowEveryMs;
  const id = renewalId(certPem);
  const window = id === null ? null : await readWindow(connection, id).catch(() => memory.window);
  if (window === null) return { ...memory, window, askWindowMs };
  const { startMs, endMs } = window;
  const known = memory.window;
  // By lot, once for each window: everybody else is given the same one.
  if (known?.startMs === startMs && known.endMs === endMs) return { ...memory, askWindowMs };
  const lot = world.randomBytes(4).readUInt32BE() / 2 ** 32;
  const atMs = startMs + Math.max(0, endMs - startMs) * lot;
  return { ...memory, window: { startMs, endMs, atMs }, askWindowMs };
}

/** @throws ClincherError `secret-missing` */
async function bindingOf(
  { eab, at }: AcmeOptions,
  baseDir: string,
  stateDir: string,
): Promise<AccountBinding | null> {
  if (eab === null) return null;
  const declared = { name: 'acme-eab-key', what: "the CA's key for its account", at };
  const key = await readHostSecret({ ...declared, source: eab.key }, baseDir, stateDir);
  return { kid: eab.kid, key };
}

async function openWay(
  declared: DeclaredStack,
  stateDir: string,
  host: string,
  { challenge, at }: AcmeOptions,
  world: PublicWorld,
): Promise<ChallengeWay> {
  if (challenge.type === 'http-01') return httpWay(stateDir);
  const { token: source, zone } = challenge;
  const token = await cloudflareTokenOf({ token: source, at }, declared.dir, stateDir);
  const addresses = world.serverAddresses ?? serverAddresses;
  const apiRoot = world.cloudflareRoot;
  return dnsWay(token, { host, zone, apiRoot, serverAddresses: addresses });
}

function lifeOf({ certPem }: Pair): Life {
  const { validFromDate, validToDate } = new X509Certificate(certPem);
  return { fromMs: validFromDate.getTime(), untilMs: validToDate.getTime() };
}
