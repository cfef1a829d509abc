// From the record to the smallest change of the configuration that would let through what was
// refused, or what a rule in report mode let through: exact hosts, exact ports, one caller each.

import { decide, type EgressPolicy } from '../../policy/egress.ts';
import { canonicalHost } from '../../policy/host.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { EgressRecord } from '../../roles/egress/record.ts';
import type { NewRule, RuleTerms } from './edit-config.ts';
import type { TermsChange } from './edit-terms.ts';
import { answerByTerms, type TermsAnswer } from './suggest-terms.ts';
import { type Wish, wishesOf } from './wishes.ts';

export interface Suggestion {
  /** To be added; empty when no rule would change anything. */
  readonly rules: readonly NewRule[];
  /** Rules that are there, with what they would say of TLS. */
  readonly terms: readonly TermsChange[];
  /** To be dialled though they are not public. */
  readonly addresses: readonly string[];
  /** What the rules are for. */
  readonly granted: readonly Wish[];
  /** What no new host or port would let through, each with what would, if anything. */
  readonly left: readonly Wish[];
  /** Refused once and allowed by what is declared now. */
  readonly settled: number;
}

/**
 * Pure. Only callers in `callers` can have a rule; `places` are those of the rules that the file
 * itself declares.
 */
export function suggest(
  records: readonly EgressRecord[],
  policy: EgressPolicy,
  callers: readonly string[],
  places: readonly string[] = [],
): Suggestion {
  const named: Wish[] = [];
  const granted: Wish[] = [];
  const left: Wish[] = [];
  const answers: Exclude<TermsAnswer, string>[] = [];
  let settled = 0;
  for (const wish of wishesOf(records)) {
    const kind = judge(wish, policy, callers);
    const answer = kind === 'left' ? answerByTerms(wish, policy, places) : kind;
    if (answer === 'grant') named.push(wish);
    else if (answer === 'settled') settled += 1;
    else if (answer === 'left') left.push(wish);
    else if (answer === 'stranger') {
      left.push({ ...wish, fix: `${wish.caller} is no service here` });
    } else {
      answers.push(answer);
      granted.push(wish);
    }
  }
  return {
    rules: [
      ...rulesFor(named),
      ...mergedRules(answers.flatMap((one) => ('rule' in one ? [one.rule] : []))),
    ],
    terms: mergedTerms(answers.flatMap((one) => ('change' in one ? [one.change] : []))),
    addresses: [...new Set(answers.flatMap((one) => ('address' in one ? [one.address] : [])))],
    granted: [...named, ...granted],
    left,
    settled,
  };
}

/** Of two rules for one host the first would decide alone. */
function mergedRules(rules: readonly NewRule[]): readonly NewRule[] {
  const same = Map.groupBy(rules, ({ caller, hosts, ports }) =>
    JSON.stringify([caller, hosts, ports]),
  );
  return [...same.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, ...mergedOf(group) }];
  });
}

/** One change for each rule, or for each host and port of one: the last rule first. */
function mergedTerms(changes: readonly TermsChange[]): readonly TermsChange[] {
  const same = Map.groupBy(changes, ({ index, only }) => JSON.stringify([index, only]));
  return [...same.values()]
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      return [{ ...first, terms: mergedOf(group.map(({ terms }) => terms)) }];
    })
    .sort((a, b) => b.index - a.index);
}

function mergedOf(all: readonly RuleTerms[]): RuleTerms {
  const names = [...new Set(all.flatMap(({ serverNames = [] }) => serverNames))];
  return {
    ...(names.length === 0 ? {} : { serverNames: names }),
    ...(all.some(({ ech }) => ech === 'allow') ? { ech: 'allow' } : {}),
  };
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
