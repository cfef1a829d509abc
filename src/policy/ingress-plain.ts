// What is answered without TLS: a CA's question by its token (RFC 8555, 8.3), and to whatever else
// people may mean, where it is with TLS. Nothing behind the ingress is reached this way.

import type { Decision } from './decision.ts';
import { malformed, type Refusal, refuseWire, valuesOf, type WorldRequest } from './ingress.ts';
import { isPlainTarget, pathOf } from './plain-target.ts';

export type PlainVerdict =
  | { readonly decision: Decision; readonly answer: PlainAnswer }
  | { readonly decision: Decision; readonly answer: null; readonly status: number };

type PlainAnswer = { readonly token: string } | { readonly location: string };

const challenges = '/.well-known/acme-challenge/';

/** `origin`: the one people use. A body is never read: it was not meant for anybody to see. */
export function judgePlain(request: WorldRequest, origin: string): PlainVerdict {
  const refusal =
    refuseWire(request) ??
    refuseHost(request, origin) ??
    (isPlainTarget(request.target) ? null : malformed) ??
    refuseMore(request);
  if (refusal !== null) {
    const [status, reason] = refusal;
    return { decision: { verdict: 'deny', reason, rule: null }, answer: null, status };
  }
  const path = pathOf(request.target);
  // Of one segment: what stands for a folder in the name of a file is no token.
  const token = /^[A-Za-z0-9_-]{1,128}$/.exec(path.slice(challenges.length))?.[0];
  if (!path.startsWith(challenges)) {
    const decision = { verdict: 'allow', reason: 'allowed', rule: 'to https' } as const;
    return { decision, answer: { location: `${origin}${request.target}` } };
  }
  if (token === undefined) {
    const decision = { verdict: 'deny', reason: 'path-unknown', rule: null } as const;
    return { decision, answer: null, status: 404 };
  }
  return {
    decision: { verdict: 'allow', reason: 'allowed', rule: 'challenge' },
    answer: { token },
  };
}

/** By name alone: a port of the host may lead here from another. */
function refuseHost({ rawHeaders }: WorldRequest, origin: string): Refusal {
  const [host, ...more] = valuesOf(rawHeaders, 'host');
  if (host === undefined || more.length > 0) return [400, 'request-malformed'];
  const name = host.toLowerCase().replace(/:[0-9]{1,5}$/, '');
  return name === new URL(origin).hostname ? null : [421, 'host-unknown'];
}

/** Who sends something has sent it in the clear by now: they are told so, and not led on. */
function refuseMore({ method, rawHeaders }: WorldRequest): Refusal {
  if (method !== 'GET' && method !== 'HEAD') return [403, 'method-refused'];
  const [length] = valuesOf(rawHeaders, 'content-length');
  const hasBody = valuesOf(rawHeaders, 'transfer-encoding').length > 0 || (length ?? '0') !== '0';
  return hasBody ? [400, 'request-malformed'] : null;
}
