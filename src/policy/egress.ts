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
import { type HostPatterns, hostPatterns } from './host-pattern.ts';
import type { Reason } from './reasons.ts';

export interface EgressRule {
  /** `*`: the callers that no other rule names. */
  readonly caller: string;
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
  /** Where it was declared: `clincher.yaml:14:7`. */
  readonly at: string;
  /** What the caller may do beyond the hosts, on the ports. Nothing when left out: `enforce`. */
  readonly mode?: 'enforce' | 'report' | 'open' | undefined;
  /** Without it `open` is as `enforce`: it must be asked for twice. */
  readonly unsafeOpen?: boolean | undefined;
  readonly unsafeAnyPort?: boolean | undefined;
  /** Its hosts are allowed though globalDeny names them. */
  readonly unsafeOverDeny?: boolean | undefined;
  /** Lets bytes that are not TLS through the tunnel. */
  readonly unsafeAllowPlaintext?: boolean | undefined;
  readonly serverNames?: readonly string[] | undefined;
  readonly ech?: 'refuse' | 'allow' | undefined;
  readonly plainHttp?: boolean | undefined;
  readonly upstreamProxy?: string | undefined;
  readonly clientProxies?: readonly string[] | undefined;
  readonly limits?: EgressRuleLimits | undefined;
  readonly project?: string | undefined;
}

/** Bounds that a rule sets for its own tunnels; the role's hold too. */
export interface EgressRuleLimits {
  readonly tunnelsMax?: number | undefined;
  readonly tunnelsPerSecondMax?: number | undefined;
  readonly tunnelAgeMs?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  readonly bytesUpMax?: number | undefined;
  readonly bytesDownMax?: number | undefined;
  readonly windowMs?: number | undefined;
  readonly windowBytesUpMax?: number | undefined;
  readonly windowBytesDownMax?: number | undefined;
}

/** The lists that hold for every caller. */
export interface EgressLists {
  readonly globalAllow?: readonly string[] | undefined;
  readonly globalDeny?: readonly string[] | undefined;
  readonly denyAddresses?: readonly string[] | undefined;
}

export interface EgressPolicy {
  readonly rules: ReadonlyMap<string, readonly ReadyRule[]>;
  readonly globalAllow: HostPatterns;
  readonly globalDeny: HostPatterns;
  readonly allowed: readonly AllowedBlock[];
  readonly denied: readonly AllowedBlock[];
  /** Whether any rule forwards plain HTTP; without one such a request is not even read. */
  readonly forwards: boolean;
  /** Where the proxy itself listens. */
  readonly own: readonly OwnListener[];
}

interface ReadyRule {
  readonly rule: EgressRule;
  readonly patterns: HostPatterns;
  /** What decisions say of it, by pattern: a text that thousands of open tunnels share. */
  readonly texts: Map<string, string>;
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
  /** Canonical, on an allow and on a report. */
  readonly host: Host | null;
  /** Null also when globalAllow decided: then nothing beyond the defaults is granted. */
  readonly matched: EgressRule | null;
}

export interface AddressDecision extends Decision {
  /** Canonical: dial this text and no other. Null when it was none. */
  readonly address: string | null;
  readonly class: AddressClass | null;
}

const anyOtherCaller = '*';
const globalPort = 443;

/** Texts that are not well formed allow nothing here; settings with one are refused at load. */
export function egressPolicy(
  rules: readonly EgressRule[],
  unsafeAllowAddresses: readonly string[],
  own: EgressPolicy['own'],
  lists: EgressLists = {},
): EgressPolicy {
  const ready = rules.map((rule) => ({
    rule,
    patterns: hostPatterns(rule.hosts),
    texts: new Map<string, string>(),
  }));
  return {
    rules: Map.groupBy(ready, ({ rule }) => rule.caller),
    globalAllow: hostPatterns(lists.globalAllow ?? []),
    globalDeny: hostPatterns(lists.globalDeny ?? []),
    allowed: unsafeAllowAddresses.flatMap((text) => parseAllowedBlock(text) ?? []),
    denied: (lists.denyAddresses ?? []).flatMap((text) => parseAllowedBlock(text) ?? []),
    forwards: rules.some((rule) => rule.plainHttp === true),
    own,
  };
}

/**
 * The name under which a caller is counted: its own, or `*` where the rule for others stands for
 * it, so that a client cannot make metrics of its names. Null for a caller that no rule knows.
 */
export function knownCaller(policy: EgressPolicy, caller: string): string | null {
  if (policy.rules.has(caller)) return caller;
  return policy.rules.has(anyOtherCaller) ? anyOtherCaller : null;
}

/**
 * May this caller ask for this host and port? Pure, and asked before the name is resolved. In this
 * order: the global deny list, the caller's rules, the global allow list, and what a rule lets
 * through beyond its hosts.
 */
export function decide(policy: EgressPolicy, request: EgressRequest): HostDecision {
  const host = canonicalHost(request.host);
  if (host === null) return denyHost('host-malformed', null);
  const { caller, port } = request;
  const rules = policy.rules.get(caller) ?? policy.rules.get(anyOtherCaller) ?? [];
  const denied = policy.globalDeny.find(host);
  const named = rules.flatMap((ready) => {
    const pattern = ready.patterns.find(host);
    return pattern === null ? [] : [{ ...ready, pattern }];
  });
  const matched = named.find(
    ({ rule }) => onPort(rule, port) && (denied === null || rule.unsafeOverDeny === true),
  );
  if (matched !== undefined) {
    const rule = describeNamed(matched);
    return { verdict: 'allow', reason: 'allowed', rule, host, matched: matched.rule };
  }
  if (denied !== null) return denyHost('host-denied', `globalDeny: ${denied}`);
  const global = port === globalPort ? policy.globalAllow.find(host) : null;
  if (global !== null) {
    const rule = `globalAllow: ${global}`;
    return { verdict: 'allow', reason: 'allowed', rule, host, matched: null };
  }
  const reason = named.length === 0 ? 'host-not-allowed' : 'port-not-allowed';
  return beyondHosts(rules, port, host, reason) ?? denyNamed(reason, named);
}

function onPort(rule: EgressRule, port: number): boolean {
  return rule.unsafeAnyPort === true || rule.ports.includes(port);
}

/** `open` before `report`: both let it through, and one that is open on purpose is no news. */
function beyondHosts(
  rules: readonly ReadyRule[],
  port: number,
  host: Host,
  reason: Reason,
): HostDecision | null {
  const onThis = rules.map(({ rule }) => rule).filter((rule) => onPort(rule, port));
  const open = onThis.find(({ mode, unsafeOpen }) => mode === 'open' && unsafeOpen === true);
  if (open !== undefined) {
    const rule = describeRule(open, 'every host');
    return { verdict: 'allow', reason: 'allowed', rule, host, matched: open };
  }
  const report = onThis.find(({ mode }) => mode === 'report');
  if (report === undefined) return null;
  const rule = describeRule(report, 'every host, with a report');
  return { verdict: 'report', reason, rule, host, matched: report };
}

interface NamedRule extends ReadyRule {
  readonly pattern: string;
}

function denyNamed(reason: Reason, [first]: readonly NamedRule[]): HostDecision {
  if (first === undefined) return denyHost(reason, null);
  return denyHost(reason, describeNamed(first), first.rule);
}

function denyHost(
  reason: Reason,
  rule: string | null,
  matched: EgressRule | null = null,
): HostDecision {
  return { verdict: 'deny', reason, rule, host: null, matched };
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
  const [denied] = reached.flatMap((one) => allowedBy(policy.denied, one.address, port) ?? []);
  if (denied !== undefined) return no('address-denied', `denyAddresses: ${denied.text}`);
  if (found.class === 'public') return { ...yes, rule: null };
  const block = allowedBy(policy.allowed, found.address, port);
  if (block === null) return no('address-not-public', `${found.class}, ${found.source}`);
  return { ...yes, rule: `unsafeAllowAddresses: ${block.text}` };
}

function withEmbedded(found: Classified): readonly Classified[] {
  return found.embedded === null ? [found] : [found, ...withEmbedded(found.embedded)];
}

function describeNamed({ rule, pattern, texts }: NamedRule): string {
  const made = texts.get(pattern) ?? describeRule(rule, pattern);
  texts.set(pattern, made);
  return made;
}

function describeRule(rule: EgressRule, host: string): string {
  const ports = rule.unsafeAnyPort === true ? 'any port' : rule.ports.join(', ');
  const what = `${rule.caller} to ${host} on ${ports}`;
  return rule.at === '' ? what : `${what} (${rule.at})`;
}

/** For the log alone: the one line that would allow what was refused, or null when none would. */
export function egressFix(
  request: EgressRequest,
  decision: Decision & { address?: string | null },
) {
  const { caller, host, port } = request;
  if (decision.reason === 'host-not-allowed' || decision.reason === 'port-not-allowed') {
    // A client chooses its name within what its authority signs, and this is to be copied.
    const who = /^[\w.-]+$/.test(caller) ? caller : JSON.stringify(caller);
    return `egress.rules: - { caller: ${who}, hosts: [${host}], ports: [${port}] }`;
  }
  if (decision.reason === 'address-not-public') {
    const address = decision.address ?? '';
    const text = address.includes(':') ? `[${address}]` : address;
    return `egress.unsafeAllowAddresses: ["${text}:${port}"]`;
  }
  return null;
}
