// Asks Cloudflare's API, in bounded time and with one clear error. The official client is 120 MB
// for these fifteen calls; the tests hold this one against it.

import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { ClincherError } from '../kit/error.ts';
import { printable } from '../kit/printable.ts';
import { readBounded } from '../kit/read-bounded.ts';
import type { Secret } from '../kit/secret.ts';
import type { Call } from './model.ts';

export const apiRoot = 'https://api.cloudflare.com/client/v4';

export interface CloudflareApi {
  /** The `result` of the answer; null for 404. @throws ClincherError `cloudflare-...` */
  read(path: string): Promise<unknown>;
  /** @throws ClincherError `cloudflare-unreachable`, `cloudflare-refused` */
  change(call: Call): Promise<unknown>;
}

export interface ApiLimits {
  readonly timeoutMs: number;
  /** Of one answer. */
  readonly bytesMax: number;
  /** After the first try, where the API says to wait or a read failed. */
  readonly retries: number;
  /** The longest that it is waited when told to. */
  readonly waitMsMax: number;
}

export const apiLimits: ApiLimits = {
  timeoutMs: 20_000,
  bytesMax: 8 * 1024 * 1024,
  retries: 3,
  waitMsMax: 60_000,
};

const envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown(),
});

/** `root`: an API gateway of one's own. Redirects are not followed: they would take the token. */
export function connectApi(
  token: Secret,
  root: string = apiRoot,
  limits: ApiLimits = apiLimits,
): CloudflareApi {
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await fetch(`${root}${path}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(limits.timeoutMs),
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await readBounded(answer.body, limits.bytesMax);
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text };
  };
  const tried = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    for (let left = limits.retries; ; left--) {
      const outcome = await ask(method, path, body).catch((error: unknown) =>
        unreachable(method, path, error),
      );
      const failed = outcome instanceof ClincherError;
      // Whether a change that failed has arrived is not known: it is not made twice.
      const again = method === 'GET' && (failed || outcome.status >= 500);
      if (left > 0 && (again || (!failed && outcome.status === 429))) {
        await delay(waitMs(failed ? null : outcome.retryAfter, limits));
      } else if (failed) {
        throw outcome;
      } else {
        return outcome;
      }
    }
  };
  return {
    async read(path) {
      const answer = await tried('GET', path);
      return answer.status === 404 ? null : resultOf(answer, `GET ${path}`);
    },
    async change({ method, path, body }) {
      return resultOf(await tried(method, path, body), `${method} ${path}`);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

function waitMs(retryAfter: string | null, { waitMsMax }: ApiLimits): number {
  const seconds = Number(retryAfter ?? 1);
  return Math.min(waitMsMax, Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : 1_000);
}

function resultOf({ status, text, retryAfter }: Answer, asked: string): unknown {
  const parsed = envelope.safeParse(parse(text));
  if (parsed.success && parsed.data.success && status < 400) return parsed.data.result;
  const errors = parsed.success ? parsed.data.errors : [];
  const said = errors.map(({ code, message }) => `${printable(message)} (${code})`).join('; ');
  throw new ClincherError(
    'cloudflare-refused',
    `Cloudflare answered ${status} to ${asked}: ${said === '' ? 'no reason given' : said}`,
    { fix: fixOf(status, asked, retryAfter) },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Which right of a token each part of the API asks for, as the dashboard calls it. */
const rights: readonly (readonly [part: RegExp, right: string])[] = [
  [/\/dns_records/, 'Zone / DNS / Edit'],
  [/\/settings\//, 'Zone / Zone Settings / Edit'],
  [/\/rulesets/, 'Zone / Zone WAF / Edit'],
  [/\/origin_tls_client_auth/, 'Zone / SSL and Certificates / Edit'],
  [/\/cfd_tunnel/, 'Account / Cloudflare Tunnel / Edit'],
  [/\/zones/, 'Zone / Zone / Read'],
];

function fixOf(status: number, asked: string, retryAfter: string | null): string {
  if (status === 429) {
    return `Too many requests: try again ${retryAfter === null ? 'later' : `in ${retryAfter} s`}.`;
  }
  if (status === 401 || asked.endsWith('/tokens/verify')) {
    return 'Set a token that is valid: clincher secret set, with the name in ingress.cloudflare.token.';
  }
  const right = rights.find(([part]) => part.test(asked))?.[1];
  if (status === 403 && right !== undefined) return `Give the token the permission ${right}.`;
  return 'Mend what it names, and run the command again.';
}

function unreachable(method: string, path: string, cause: unknown): ClincherError {
  const { message, cause: deeper } = cause as Error;
  const why = deeper instanceof Error ? deeper.message : message;
  return new ClincherError(
    'cloudflare-unreachable',
    `Cloudflare's API could not be asked (${method} ${path}): ${why}`,
    { fix: 'Look whether this machine reaches it, and run the command again.', cause },
  );
}
