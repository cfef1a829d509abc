// The proxy that a client asks to be taken through, in `x-upstream-https-proxy`: a host like any
// other, by a rule and never one that is denied to all.

import type { EgressPolicy, EgressRule } from './egress.ts';
import { canonicalHost, type Host } from './host.ts';
import { hostPatterns } from './host-pattern.ts';

/** Null for a text that names none plainly, and for one that the rule does not allow. */
export function allowedClientProxy(
  policy: EgressPolicy,
  matched: EgressRule | null,
  text: string,
): { readonly host: Host; readonly port: number } | null {
  const [, name = '', portText] = /^http:\/\/([^/:@[\]]+):([1-9][0-9]{0,4})\/?$/.exec(text) ?? [];
  const host = canonicalHost(name);
  const port = Number(portText);
  if (host === null || !(port <= 65_535) || policy.globalDeny.find(host) !== null) return null;
  return hostPatterns(matched?.clientProxies ?? []).find(host) === null ? null : { host, port };
}
