// From the record to the smallest change of the configuration that would let through what was
// refused, or what a rule in report mode let through: exact hosts, exact ports, one caller each.

import { decide, type EgressPolicy, egressFix } from '../../policy/egress.ts';
import { canonicalHost } from '../../policy/host.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import type { EgressRecord } from '../../roles/egress/record.ts';
import type { NewRule } from './edit-config.ts';
import { authority, shown } from './record-text.ts';

/** One caller, host and port, with how often it was refused or reported. */
export interface Wish {
  readonly caller: string;
  readonly host: string;
  readonly port: number;
  readonly times: number;
  readonly reason: string;
  /** What would let it through, as the record says it. */
  readonly fix: string | null;
}

export interface Suggestion {
  /** To be added; empty when no rule would change anything. */
  readonly rules: readonly NewRule[];
  /** What the rules are for. */
  readonly granted: readonly Wish[];
  /** What no new host or port would let through, each with what would, if anything. */
  readonly left: readonly Wish[];
  /** Refused once and allowed by what is declared now. */
  readonly settled: number;
}

/** Pure. Only callers in `callers` can have a rule. */
export function suggest(
  records: readonly EgressRecord[],
  policy: EgressPolicy,
  callers: readonly string[],
): Suggestion {
  const granted: Wish[] = [];
  const left: Wish[] = [];
  let settled = 0;
  for (const wish of wishesOf(records)) {
    const kind = judge(wish, policy, callers);
    if (kind === 'grant') granted.push(wish);
    else if (kind === 'settled') settled += 1;
    else left.push(kind === 'left' ? wish : { ...wish, fix: `${wish.caller} is no service here` });
  }
  return { rules: rulesFor(granted), granted, left, settled };
}

/** Reasons that a rule with a host and a port can answer; the others are not about the host. */
const byName: readonly string[] = ['host-not-allowed', 'port-not-allowed'] satisfies Reason[];

function judge(
  { caller, host, port, reason }: Wish,
  policy: EgressPolicy,
  callers: readonly string[],
): 'grant' | 'settled' | 'left' | 'stranger' {
  if (!byName.includes(reason)) return 'left';
  if (!callers.includes(caller)) return 'stranger';
  const decision = decide(policy, { caller, host, port });
  if (decision.verdict === 'allow') return 'settled';
  // What is declared now may refuse for another reason than it did then.
  return byName.includes(decision.reason) && canonicalHost(host)?.text === host.toLowerCase()
    ? 'grant'
    : 'left';
}

function wishesOf(records: readonly EgressRecord[]): readonly Wish[] {
  const asked = records.flatMap((record) => {
    const { verdict, caller, host, port, reason, fix } = record;
    if (verdict === 'allow' || host === undefined || port === undefined) return [];
    return [{ caller, host: canonicalHost(host)?.text ?? host, port, reason, fix: fix ?? null }];
  });
  const same = Map.groupBy(asked, ({ caller, host, port, reason }) =>
    JSON.stringify([caller, host, port, reason]),
  );
  return [...same.values()]
    .flatMap((group) => group.slice(-1).map((last) => ({ ...last, times: group.length })))
    .sort((a, b) => compare(a.caller, b.caller) || compare(a.host, b.host) || a.port - b.port);
}

/** Hosts that need the same ports share a rule: what it opens is just what was asked for. */
function rulesFor(granted: readonly Wish[]): readonly NewRule[] {
  const byHost = Map.groupBy(granted, ({ caller, host }) => JSON.stringify([caller, host]));
  const hosts = [...byHost.values()].flatMap((wishes) => {
    const [first] = wishes;
    if (first === undefined) return [];
    const ports = [...new Set(wishes.map(({ port }) => port))].sort((a, b) => a - b);
    return [{ caller: first.caller, host: first.host, ports }];
  });
  const alike = Map.groupBy(hosts, ({ caller, ports }) => JSON.stringify([caller, ports]));
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [{ caller: first.caller, hosts: group.map(({ host }) => host), ports: first.ports }];
  });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function wishText({ caller, host, port, times, reason }: Wish): string {
  const often = times === 1 ? 'once' : `${times} times`;
  return `${shown(caller)} to ${authority(shown(host), port)} [${reason}, ${often}]`;
}

/** What would let it through, or that nothing should. */
export function wishFix({ reason, fix, ...wish }: Wish): string {
  const text = fix ?? egressFix(wish, { verdict: 'deny', reason: reason as Reason, rule: null });
  if (text !== null) return shown(text);
  return Object.hasOwn(reasons, reason)
    ? reasons[reason as Reason]
    : 'A reason of another version.';
}
