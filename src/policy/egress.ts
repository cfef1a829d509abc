// Who may reach which host on which port, and which addresses a name may lead to. Two decisions:
// one on the name, before anything is resolved, and one on each address the resolver gave.

import {
  type AddressBlock,
  blockHolds,
  type Classified,
  classifyAddress,
} from './address-class.ts';
import type { AddressClass } from './address-ranges.ts';
import type { Decision } from './decision.ts';
import { type AllowedBlock, allowedBy, parseAllowedBlock } from './egress-allow.ts';
import { canonicalHost, type Host } from './host.ts';
import type { Reason } from './reasons.ts';

export interface EgressRule {
  readonly caller: string;
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
  /** Where it was declared: `clincher.yaml:14:7`. */
  readonly at: string;
  /** Lets bytes that are not TLS through the tunnel. */
  readonly unsafeAllowPlaintext?: boolean | undefined;
}

export interface EgressPolicy {
  readonly rules: readonly EgressRule[];
  readonly allowed: readonly AllowedBlock[];
  /** Where the proxy itself listens. */
  readonly own: readonly OwnListener[];
}

export interface OwnListener {
  readonly block: AddressBlock;
  readonly port: number;
}

export interface EgressRequest {
  readonly caller: string;
  readonly host: string;
  readonly port: number;
}

export interface HostDecision extends Decision {
  /** Canonical, on an allow. */
  readonly host: Host | null;
  readonly matched: EgressRule | null;
}

export interface AddressDecision extends Decision {
  /** Canonical: dial this text and no other. Null when it was none. */
  readonly address: string | null;
  readonly class: AddressClass | null;
}

/** Texts that are not well formed allow nothing here; settings with one are refused at load. */
export function egressPolicy(
  rules: readonly EgressRule[],
  unsafeAllowAddresses: readonly string[],
  own: EgressPolicy['own'],
): EgressPolicy {
  const allowed = unsafeAllowAddresses.flatMap((text) => parseAllowedBlock(text) ?? []);
  return { rules, allowed, own };
}

/** May this caller ask for this host and port? Pure, and asked before the name is resolved. */
export function decide(policy: EgressPolicy, request: EgressRequest): HostDecision {
  const host = canonicalHost(request.host);
  if (host === null) return denyHost('host-malformed', null);
  const named = policy.rules.filter(
    (rule) =>
      rule.caller === request.caller &&
      rule.hosts.some((one) => matches(one, host.text, host.kind)),
  );
  const [first] = named;
  if (first === undefined) return denyHost('host-not-allowed', null);
  const matched = named.find((rule) => rule.ports.includes(request.port));
  if (matched === undefined) return denyHost('port-not-allowed', first);
  return {
    verdict: 'allow',
    reason: 'allowed',
    rule: describeRule(matched),
    host,
    matched,
  };
}

// `*.` stands for exactly one label, so that the labels below it cannot carry data without bound.
function matches(pattern: string, host: string, kind: 'name' | 'address'): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  return kind === 'name' && host.slice(host.indexOf('.')) === pattern.slice(1);
}

function denyHost(reason: Reason, rule: EgressRule | null): HostDecision {
  const text = rule === null ? null : describeRule(rule);
  return { verdict: 'deny', reason, rule: text, host: null, matched: rule };
}

/** Classes that no setting opens: what answers there gives out credentials, or is not one host. */
const neverClasses: ReadonlySet<AddressClass> = new Set([
  'metadata',
  'unspecified',
  'multicast',
  'broadcast',
]);

/**
 * May an allowed name lead to this address? Asked for every answer; the address returned is the
 * one to dial.
 */
export function decideAddress(policy: EgressPolicy, text: string, port: number): AddressDecision {
  const found = classifyAddress(text);
  const no = (reason: Reason, rule: string | null = null): AddressDecision => ({
    verdict: 'deny',
    reason,
    rule,
    address: found?.address ?? null,
    class: found?.class ?? null,
  });
  if (found === null) return no('address-malformed');
  const reached = withEmbedded(found);
  if (reached.some((one) => neverClasses.has(one.class))) return no('address-never', found.source);
  const isOwn = reached.some((one) =>
    policy.own.some((own) => own.port === port && blockHolds(own.block, one.address)),
  );
  if (isOwn) return no('address-own');
  const yes = {
    verdict: 'allow',
    reason: 'allowed',
    address: found.address,
    class: found.class,
  } as const;
  if (found.class === 'public') return { ...yes, rule: null };
  const block = allowedBy(policy.allowed, found.address, port);
  if (block === null) return no('address-not-public', `${found.class}, ${found.source}`);
  return { ...yes, rule: `unsafeAllowAddresses: ${block.text}` };
}

function withEmbedded(found: Classified): readonly Classified[] {
  return found.embedded === null ? [found] : [found, ...withEmbedded(found.embedded)];
}

function describeRule(rule: EgressRule): string {
  const what = `${rule.caller} to ${rule.hosts.join(', ')} on ${rule.ports.join(', ')}`;
  return rule.at === '' ? what : `${what} (${rule.at})`;
}

/** For the log alone: the one line that would allow what was refused, or null when none would. */
export function egressFix(
  request: EgressRequest,
  decision: Decision & { address?: string | null },
) {
  const { caller, host, port } = request;
  if (decision.reason === 'host-not-allowed' || decision.reason === 'port-not-allowed') {
    return `egress.rules: - { caller: ${caller}, hosts: [${host}], ports: [${port}] }`;
  }
  if (decision.reason === 'address-not-public') {
    const address = decision.address ?? '';
    const text = address.includes(':') ? `[${address}]` : address;
    return `egress.unsafeAllowAddresses: ["${text}:${port}"]`;
  }
  return null;
}
