// One certificate, from the order to the chain (RFC 8555, 7.1): who we are, what for, the proof
// that the name is ours, and what comes of it, looked at before it is believed.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Secret } from '../kit/secret.ts';
import { type AccountBinding, bindAccount } from './account-key.ts';
import { type AcmeConnection, AcmeRefusal, refused, shaped } from './connect.ts';

export interface Wanted {
  readonly host: string;
  /** Where the CA may write to; null: nowhere. */
  readonly email: string | null;
  readonly binding: AccountBinding | null;
  readonly csrPem: string;
  readonly keyPem: Secret;
  /** What RFC 9773 calls the certificate that this one comes after; null for the first. */
  readonly replaces: string | null;
}

/** How it is proven that the name is ours. */
export interface ChallengeWay {
  readonly type: 'http-01' | 'dns-01';
  /** `answer` is the key authorization. Resolves once the CA may look. */
  put(token: string, answer: string): Promise<void>;
  take(token: string): Promise<void>;
}

/**
 * The chain in PEM, the certificate first.
 * @throws AcmeRefusal, ClincherError `acme-unreachable` and what `way` throws
 */
export async function orderCertificate(
  connection: AcmeConnection,
  wanted: Wanted,
  way: ChallengeWay,
): Promise<string> {
  await signUp(connection, wanted);
  const { url, order } = await placeOrder(connection, wanted);
  for (const authorization of order.authorizations) {
    await prove(connection, authorization, way);
  }
  const csr = wanted.csrPem.replaceAll(/-----[^-]+-----|\s/g, '');
  const asked = Buffer.from(csr, 'base64').toString('base64url');
  await connection.post(order.finalize, { csr: asked });
  const done = await settled(connection, url, orderShape, 'order');
  if (done.status !== 'valid' || done.certificate === undefined) {
    throw refused(rootOf(connection), `ended the order as ${done.status}`, problemOf(done.error));
  }
  const { text } = await connection.post(done.certificate, null);
  if (serves(text, wanted)) return text;
  throw new AcmeRefusal(
    `the CA answered with a certificate that is not for ${wanted.host} and the key made here`,
    'Is ingress.tls.acme.directory the right one? What is in use stays.',
  );
}

/** Which is the account of this key where there is one already; terms are accepted with it. */
async function signUp(connection: AcmeConnection, { email, binding }: Wanted): Promise<void> {
  const { newAccount, meta } = connection.directory;
  if (binding === null && meta?.externalAccountRequired === true) {
    throw new AcmeRefusal(
      `${new URL(newAccount).host} makes accounts for its own customers alone`,
      'Get a key for external account binding there, and name it: ingress.tls.acme.eab.',
    );
  }
  const contact = email === null ? {} : { contact: [`mailto:${email}`] };
  const bound =
    binding === null
      ? {}
      : { externalAccountBinding: bindAccount(connection.key, binding, newAccount) };
  const body = { termsOfServiceAgreed: true, ...contact, ...bound };
  const { location } = await connection.post(newAccount, body);
  connection.actAs(location ?? '');
}

const problemShape = z.object({ type: z.string().default(''), detail: z.string().default('') });
const orderShape = z.object({
  status: z.string().max(32),
  authorizations: z.array(z.string()).min(1).max(4),
  finalize: z.string(),
  certificate: z.string().optional(),
  error: problemShape.optional(),
});
type Order = z.infer<typeof orderShape>;

async function placeOrder(
  connection: AcmeConnection,
  { host, replaces }: Wanted,
): Promise<{ readonly url: string; readonly order: Order }> {
  const identifiers = [{ type: 'dns', value: host }];
  const place = async (more: object) =>
    connection.post(connection.directory.newOrder, { identifiers, ...more });
  const after = replaces === null ? {} : { replaces };
  const { location, text } = await place(after).catch((error: unknown) => {
    // It may have been said already, of an order that did not end well, or be unknown to the CA:
    // it is there to help the CA, and no reason to be without a certificate.
    const isNo = error instanceof AcmeRefusal && error.type !== 'rateLimited';
    if (replaces !== null && isNo) return place({});
    throw error;
  });
  return { url: location ?? '', order: shaped(orderShape, text, 'order') };
}

/** What a CA may call a challenge (RFC 8555, 8.3): it becomes the name of a file. */
export const tokenPattern = /^[A-Za-z0-9_-]{16,128}$/;

const challengeShape = z.object({
  type: z.string(),
  url: z.string().default(''),
  token: z.string().default(''),
  error: problemShape.optional(),
});
const authorizationShape = z.object({
  status: z.string().max(32),
  challenges: z.array(challengeShape).max(32),
});

async function prove(connection: AcmeConnection, url: string, way: ChallengeWay): Promise<void> {
  const { text } = await connection.post(url, null);
  const { status, challenges } = shaped(authorizationShape, text, 'authorization');
  if (status === 'valid') return;
  const challenge = challenges.find(({ type }) => type === way.type);
  if (challenge === undefined) {
    const offered = challenges.map(({ type }) => type).join(', ');
    throw refused(rootOf(connection), `does not offer ${way.type}`, {
      ...{ type: '', detail: `it offers ${offered}` },
    });
  }
  const { token } = challenge;
  if (!tokenPattern.test(token)) {
    throw new AcmeRefusal(
      "the CA's challenge has a token that is none (RFC 8555, 8.3)",
      'Is ingress.tls.acme.directory the right one? What is in use stays.',
    );
  }
  try {
    await way.put(token, `${token}.${connection.key.thumbprint}`);
    await connection.post(challenge.url, {});
    const ended = await settled(connection, url, authorizationShape, 'authorization');
    if (ended.status === 'valid') return;
    const why = ended.challenges.find(({ error }) => error !== undefined)?.error;
    throw refused(rootOf(connection), `was not convinced by ${way.type}`, problemOf(why));
  } finally {
    await way.take(token);
  }
}

/** Asks again until nothing is under way; how long in all is bounded by the connection. */
async function settled<T extends { readonly status: string }>(
  connection: AcmeConnection,
  url: string,
  shape: z.ZodType<T>,
  what: string,
): Promise<T> {
  const { pollMs } = connection.limits;
  for (;;) {
    const { text, retryAfterMs } = await connection.post(url, null);
    const found = shaped(shape, text, what);
    if (!['pending', 'processing', 'ready'].includes(found.status)) return found;
    await delay(Math.min(10_000, Math.max(pollMs, Math.min(retryAfterMs ?? 0, pollMs * 5))));
  }
}

function serves(pem: string, { host, keyPem }: Wanted): boolean {
  try {
    const certificate = new X509Certificate(pem);
    const ours = certificate.checkPrivateKey(createPrivateKey(keyPem.reveal()));
    const lasts = certificate.validToDate.getTime() > Date.now();
    return ours && lasts && certificate.checkHost(host) !== undefined;
  } catch {
    return false;
  }
}

function problemOf(problem: z.infer<typeof problemShape> | undefined) {
  return problem ?? { type: '', detail: 'no reason given' };
}

function rootOf({ directory }: AcmeConnection): string {
  return directory.newOrder;
}
