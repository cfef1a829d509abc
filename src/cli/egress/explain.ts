// What egress would decide, and why: the same pure decisions that the proxy makes, asked without
// it. Nothing is dialled.

import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import { decide, decideAddress, type EgressPolicy, egressFix } from '../../policy/egress.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import type { Asked } from './ask.ts';
import { authority, shown } from './record-text.ts';

export interface Explanation {
  readonly caller: string;
  readonly host: string;
  readonly port: number;
  readonly verdict: 'allow' | 'deny' | 'report';
  readonly reason: Reason;
  /** With the place where it was declared. */
  readonly rule: string | null;
  /** The one line that would allow it. */
  readonly fix: string | null;
  /** Null when nothing was resolved. */
  readonly addresses: readonly ExplainedAddress[] | null;
}

export interface ExplainedAddress {
  /** In canonical form; as the resolver wrote it when it is none. */
  readonly address: string;
  readonly class: string | null;
  readonly verdict: 'allow' | 'deny' | 'report';
  readonly reason: Reason;
  readonly rule: string | null;
  readonly fix: string | null;
}

/**
 * Decides on the name alone. As in the proxy, only the name of an allowed host may be resolved
 * after it.
 */
export function explainHost(policy: EgressPolicy, caller: string, asked: Asked): Explanation {
  const request = { caller, ...asked };
  const decision = decide(policy, request);
  const { verdict, reason, rule } = decision;
  const fix = egressFix(request, decision);
  return { caller, ...asked, verdict, reason, rule, fix, addresses: null };
}

/**
 * The same, and each address the name leads to. With addresses and none allowed the answer is no.
 */
export function explainAddresses(
  policy: EgressPolicy,
  explained: Explanation,
  answers: readonly string[],
): Explanation {
  const { caller, host, port } = explained;
  const addresses = answers.map((answer): ExplainedAddress => {
    const decision = decideAddress(policy, answer, port);
    const { verdict, reason, rule, class: addressClass } = decision;
    const fix = egressFix({ caller, host, port }, decision);
    const address = decision.address ?? answer;
    return { address, class: addressClass, verdict, reason, rule, fix };
  });
  const [first] = addresses;
  if (first === undefined) {
    return { ...explained, verdict: 'deny', reason: 'name-unresolvable', fix: null, addresses };
  }
  if (addresses.some((one) => one.verdict !== 'deny')) return { ...explained, addresses };
  return { ...explained, verdict: 'deny', reason: first.reason, fix: first.fix, addresses };
}

/** For people; the first line is the answer. */
export function explanationLines(
  explanation: Explanation,
  colours: Colors = pc,
): readonly string[] {
  const { caller, host, port, verdict, reason, rule, fix, addresses } = explanation;
  const what = `${shown(caller)} to ${authority(shown(host), port)}`;
  const lines = [
    {
      allow: `${colours.green('allowed')}: ${what}`,
      deny: `${colours.red('denied')}: ${what} ${colours.dim(`[${reason}]`)}`,
      report: `${colours.yellow('let through and reported')}: ${what} ${colours.dim(`[${reason}]`)}`,
    }[verdict],
  ];
  if (verdict !== 'allow') lines.push(`  ${reasons[reason]}`);
  if (rule !== null) lines.push(`  rule: ${shown(rule)}`);
  for (const one of addresses ?? []) lines.push(`  ${addressText(one)}`);
  if (verdict !== 'allow' && fix !== null) lines.push(`  to allow: ${shown(fix)}`);
  return lines;
}

function addressText(one: ExplainedAddress): string {
  const answer = one.verdict === 'deny' ? `denied [${one.reason}]` : 'allowed';
  const why = one.rule === null ? '' : `, ${shown(one.rule)}`;
  return `address: ${shown(one.address)} (${one.class ?? 'no address'}) ${answer}${why}`;
}
