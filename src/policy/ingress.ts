// Whether a request from the world may go on, and by which route. No header but Host, Origin and
// framing is judged here; what the client says about itself is thrown away by forwardedHeaders.

import type { Decision } from './decision.ts';
import { isPlainTarget, pathOf } from './plain-target.ts';
import type { Reason } from './reasons.ts';

export interface WorldRequest {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  /** Name, value, name, value, as received. */
  readonly rawHeaders: readonly string[];
  /** Whether the parser took it for an upgrade. */
  readonly upgrade: boolean;
}

export interface IngressPolicy<R extends { readonly prefix: string }> {
  /** `https://localhost:8443` */
  readonly origin: string;
  readonly bodyBytesMax: number;
  readonly routes: readonly R[];
}

export type IngressVerdict<R> =
  | { readonly decision: Decision; readonly route: R; readonly status: 200 }
  | { readonly decision: Decision; readonly route: null; readonly status: number };

/**
 * Statuses follow RFC 9110: 400 malformed, 421 another host's request, 413 too large, 501 unknown
 * method.
 */
export function judgeIngress<R extends { readonly prefix: string }>(
  request: WorldRequest,
  policy: IngressPolicy<R>,
): IngressVerdict<R> {
  const refusal =
    refuseWire(request) ??
    refuseHost(request, policy.origin) ??
    (isPlainTarget(request.target) ? null : malformed) ??
    refuseFraming(request, policy.bodyBytesMax) ??
    refuseOrigin(request, policy.origin);
  if (refusal !== null) return no(refusal[0], refusal[1]);
  const route = routeFor(request.target, policy.routes);
  if (route === null) return no(404, 'path-unknown');
  return {
    decision: { verdict: 'allow', reason: 'allowed', rule: `route ${route.prefix}` },
    route,
    status: 200,
  };
}

export type Refusal = readonly [status: number, reason: Reason] | null;
export const malformed: Refusal = [400, 'request-malformed'];

export const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Those that a page of another origin may send. */
export const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Both are judged of a request without TLS too. */
export function refuseWire(request: WorldRequest): Refusal {
  if (!['1.1', '2.0'].includes(request.httpVersion)) return [505, 'request-malformed'];
  // TRACE echoes headers to whoever asks, CONNECT makes a way out, others are not the gateway's.
  if (!methods.has(request.method)) return [501, 'method-refused'];
  return null;
}

/**
 * A page whose name was rebound to this address still sends its own name: DNS rebinding ends here.
 */
function refuseHost(request: WorldRequest, origin: string): Refusal {
  const hosts = valuesOf(request.rawHeaders, 'host');
  const [host] = hosts;
  // Two Host headers, and proxy and server may read one each.
  if (host === undefined || hosts.length > 1) return [400, 'request-malformed'];
  if (!/^[A-Za-z0-9._-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$/.test(host)) {
    return [400, 'request-malformed'];
  }
  return ownHosts(origin).includes(host.toLowerCase()) ? null : [421, 'host-unknown'];
}

/** What a Host header may say. */
export function ownHosts(origin: string): readonly string[] {
  const { port, hostname, host } = new URL(origin);
  return port === '' ? [hostname, `${hostname}:443`] : [host];
}

function refuseFraming(request: WorldRequest, bodyBytesMax: number): Refusal {
  const lengths = valuesOf(request.rawHeaders, 'content-length');
  const codings = valuesOf(request.rawHeaders, 'transfer-encoding');
  // RFC 9112, 6.1: both, or two of either, is how requests are smuggled. The parser refuses most;
  // all end here.
  if (lengths.length + codings.length > 1) return [400, 'request-malformed'];
  if (codings.length === 1 && codings[0]?.toLowerCase() !== 'chunked')
    return [400, 'request-malformed'];
  const [length] = lengths;
  if (length !== undefined && !/^[0-9]{1,15}$/.test(length)) return [400, 'request-malformed'];
  if (Number(length ?? 0) > bodyBytesMax) return [413, 'limit-body'];
  if (!request.upgrade) return null;
  const upgrades = valuesOf(request.rawHeaders, 'upgrade');
  // `Upgrade: h2c` would open a second, unread protocol to the service behind.
  const isWebSocket = upgrades.length === 1 && upgrades[0]?.toLowerCase() === 'websocket';
  if (request.method !== 'GET' || !isWebSocket) return [400, 'upgrade-refused'];
  // A body before the upgrade is what request-tunnelling hides in.
  return codings.length > 0 || Number(length ?? 0) > 0 ? [400, 'request-malformed'] : null;
}

/**
 * A page of another origin may not write, nor open a WebSocket: browsers send both across origins.
 */
function refuseOrigin(request: WorldRequest, origin: string): Refusal {
  const origins = valuesOf(request.rawHeaders, 'origin');
  if (origins.length > 1) return [400, 'request-malformed'];
  const [from] = origins;
  if (from === undefined || (safeMethods.has(request.method) && !request.upgrade)) return null;
  return from.toLowerCase() === new URL(origin).origin ? null : [403, 'origin-foreign'];
}

/**
 * Longest prefix, whole segments: `/metrics` matches `/metrics` and `/metrics/x`, never
 * `/metricsx`.
 */
export function routeFor<R extends { readonly prefix: string }>(
  target: string,
  routes: readonly R[],
): R | null {
  const path = pathOf(target);
  const matches = routes.filter(({ prefix }) =>
    prefix.endsWith('/')
      ? path.startsWith(prefix)
      : path === prefix || path.startsWith(`${prefix}/`),
  );
  return matches.sort((a, b) => b.prefix.length - a.prefix.length)[0] ?? null;
}

export function valuesOf(raw: readonly string[], name: string): string[] {
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name);
}

function no(status: number, reason: Reason): IngressVerdict<never> {
  return { decision: { verdict: 'deny', reason, rule: null }, route: null, status };
}
