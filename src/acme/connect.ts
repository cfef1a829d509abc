// Asks a CA by ACME (RFC 8555), in bounded time and bytes, at the one origin of its directory and
// nowhere else. The library there is for it has had no release for two years, brings an HTTP client
// with one configuration for the whole process, and knows nothing of when a CA wants to be asked.

import { EnvHttpProxyAgent, request } from 'undici';
import * as z from 'zod';
import { ClincherError } from '../kit/error.ts';
import { printable } from '../kit/printable.ts';
import { readBounded } from '../kit/read-bounded.ts';
import type { AccountKey } from './account-key.ts';

export interface AcmeLimits {
  /** Of one answer. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
  /** For everything from the first question to the certificate. */
  readonly totalMs: number;
  readonly pollMs: number;
}

export const acmeLimits: AcmeLimits = {
  timeoutMs: 20_000,
  bytesMax: 256 * 1024,
  totalMs: 180_000,
  pollMs: 2_000,
};

const directoryShape = z.object({
  newNonce: z.string(),
  newAccount: z.string(),
  newOrder: z.string(),
  renewalInfo: z.string().optional(),
  meta: z.object({ externalAccountRequired: z.boolean().optional() }).optional(),
});
export type Directory = z.infer<typeof directoryShape>;

export interface AcmeAnswer {
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
  readonly retryAfterMs: number | null;
}

export interface AcmeConnection extends AsyncDisposable {
  readonly directory: Directory;
  readonly limits: AcmeLimits;
  readonly key: AccountKey;
  /** Signs; `payload` null only reads. @throws AcmeRefusal, ClincherError `acme-unreachable` */
  post(url: string, payload: unknown): Promise<AcmeAnswer>;
  get(url: string): Promise<AcmeAnswer>;
  /** From then on it signs as this account, by its URL, and not by its key. */
  actAs(account: string): void;
}

/** The CA's own no. */
export class AcmeRefusal extends ClincherError {
  /** The last part of its type, `rateLimited`; empty where it gave none. */
  readonly type: string;
  readonly retryAfterMs: number | null;

  constructor(message: string, fix: string, type = '', retryAfterMs: number | null = null) {
    super('acme-refused', message, { fix });
    this.type = type;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface AcmeOptions {
  readonly directory: string;
  /** PEM: trusted in the place of all public CAs. */
  readonly ca: string | null;
  readonly limits?: AcmeLimits;
}

/**
 * Through the proxy that HTTPS_PROXY names, where there is one.
 * @throws ClincherError `acme-unreachable`, `acme-refused`
 */
export async function connectAcme(
  { directory: root, ca, limits = acmeLimits }: AcmeOptions,
  key: AccountKey,
): Promise<AcmeConnection> {
  const trust = ca === null ? {} : { ca };
  const dispatcher = new EnvHttpProxyAgent({ connect: trust, requestTls: trust });
  const over = AbortSignal.timeout(limits.totalMs);
  let nonce: string | null = null;
  let account: string | null = null;
  const ask = async (method: 'GET' | 'HEAD' | 'POST', url: string, body?: string) => {
    try {
      const asked = await request(within(root, url), {
        method,
        dispatcher,
        signal: AbortSignal.any([over, AbortSignal.timeout(limits.timeoutMs)]),
        headers: {
          'user-agent': 'clincher',
          ...(body === undefined ? {} : { 'content-type': 'application/jose+json' }),
        },
        ...(body === undefined ? {} : { body }),
      });
      const text = await readBounded(asked.body, limits.bytesMax);
      nonce = one(asked.headers['replay-nonce']);
      return answerOf(asked.statusCode, text, asked.headers);
    } catch (error) {
      throw error instanceof ClincherError ? error : unreachable(root, error);
    }
  };
  const post = async (url: string, payload: unknown) => {
    for (let left = 10; ; left--) {
      if (nonce === null) await ask('HEAD', connection.directory.newNonce);
      const who = account === null ? { jwk: key.jwk } : { kid: account };
      const answer = await ask('POST', url, key.sign({ nonce, url, ...who }, payload));
      if (answer.status < 400) return answer;
      const refusal = refusalOf(root, answer);
      // RFC 8555, 6.5: any nonce may be refused, and the refusal brings a fresh one.
      if (refusal.type !== 'badNonce' || left === 0) throw refusal;
    }
  };
  const connection = {
    directory: { newNonce: root, newAccount: root, newOrder: root } as Directory,
    limits,
    key,
    post,
    get: async (url: string) => succeeded(root, await ask('GET', url)),
    actAs: (url: string) => {
      account = url;
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
  try {
    const { text } = await connection.get(root);
    connection.directory = shaped(directoryShape, text, 'directory');
    return connection;
  } catch (error) {
    await dispatcher.destroy();
    throw error;
  }
}

/** What a CA says is followed at the CA alone: it may not send this machine elsewhere. */
function within(root: string, url: string): URL {
  const { origin } = new URL(root);
  if (url.length <= 2_048 && URL.canParse(url) && new URL(url).origin === origin) {
    return new URL(url);
  }
  throw new AcmeRefusal(
    `the CA names ${printable(url.slice(0, 200))}, which is not at ${origin}`,
    'Is ingress.tls.acme.directory the right one? What is in use stays.',
  );
}

function answerOf(
  status: number,
  text: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): AcmeAnswer {
  const wait = Number(one(headers['retry-after']) ?? Number.NaN);
  return {
    ...{ status, text, location: one(headers.location) },
    retryAfterMs: Number.isFinite(wait) && wait >= 0 ? wait * 1_000 : null,
  };
}

function one(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function succeeded(root: string, answer: AcmeAnswer): AcmeAnswer {
  if (answer.status === 200) return answer;
  throw refusalOf(root, answer);
}

/** @throws AcmeRefusal for what is no JSON of the shape that the RFC gives it */
export function shaped<T>(shape: z.ZodType<T>, text: string, what: string): T {
  let raw: unknown = null;
  try {
    raw = JSON.parse(text);
  } catch {
    // Judged below, as everything is that is not of the shape.
  }
  const parsed = shape.safeParse(raw);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new AcmeRefusal(
    `the CA's ${what} is not of the shape that is known${where === '' ? '' : ` (${where})`}`,
    'Is ingress.tls.acme.directory the right one? What is in use stays.',
  );
}

const problemShape = z.object({
  type: z.string().default(''),
  detail: z.string().default('no reason given'),
});

/** RFC 7807; whatever else comes with an error status says nothing. */
function refusalOf(root: string, { status, text, retryAfterMs }: AcmeAnswer): AcmeRefusal {
  let problem = { type: '', detail: 'no reason given' };
  try {
    problem = problemShape.parse(JSON.parse(text));
  } catch {
    // No problem document.
  }
  return refused(root, `answered ${status}`, problem, retryAfterMs);
}

export function refused(
  root: string,
  how: string,
  { type, detail }: { readonly type: string; readonly detail: string },
  retryAfterMs: number | null = null,
): AcmeRefusal {
  const short = printable(type.slice(type.lastIndexOf(':') + 1).slice(0, 64));
  const said = printable(detail.slice(0, 500));
  const named = short === '' ? said : `${said} (${short})`;
  const fix =
    short === 'rateLimited'
      ? 'It counts what it is asked; what is in use stays, and clincher waits.'
      : 'Mend what it names; what is in use stays until then.';
  return new AcmeRefusal(`${new URL(root).host} ${how}: ${named}`, fix, short, retryAfterMs);
}

function unreachable(root: string, cause: unknown): ClincherError {
  const { message, cause: deeper } = cause as Error;
  const why = deeper instanceof Error ? deeper.message : message;
  return new ClincherError(
    'acme-unreachable',
    `the CA at ${new URL(root).host} could not be asked: ${printable(why)}`,
    { fix: 'Look whether this machine reaches it; what is in use stays.', cause },
  );
}
