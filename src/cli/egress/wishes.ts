// What the record asks for: each thing that was refused or reported, once, with how often.

import { egressFix } from '../../policy/egress.ts';
import { canonicalHost } from '../../policy/host.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import type { EgressRecord } from '../../roles/egress/record.ts';
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
  /** The server name in its hello, and the address that was refused, where the record has them. */
  readonly sni: string | null;
  readonly address: string | null;
}

export function wishesOf(records: readonly EgressRecord[]): readonly Wish[] {
  const asked = records.flatMap((record) => {
    const { verdict, caller, host, port, reason, fix, sni, address } = record;
    if (verdict === 'allow' || host === undefined || port === undefined) return [];
    const found = { fix: fix ?? null, sni: sni ?? null, address: address ?? null };
    return [{ caller, host: canonicalHost(host)?.text ?? host, port, reason, ...found }];
  });
  const same = Map.groupBy(asked, ({ caller, host, port, reason, sni, address }) =>
    JSON.stringify([caller, host, port, reason, sni, address]),
  );
  return [...same.values()]
    .flatMap((group) => group.slice(-1).map((last) => ({ ...last, times: group.length })))
    .sort((a, b) => compare(a.caller, b.caller) || compare(a.host, b.host) || a.port - b.port);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function wishText({ caller, host, port, times, reason, sni, address }: Wish): string {
  const often = times === 1 ? 'once' : `${times} times`;
  const about = reason.startsWith('address-') ? address : reason === 'sni-mismatch' ? sni : null;
  const what = about === null ? reason : `${reason}: ${shown(about)}`;
  return `${shown(caller)} to ${authority(shown(host), port)} [${what}, ${often}]`;
}

/** What would let it through, or that nothing should. */
export function wishFix({ reason, fix, ...wish }: Wish): string {
  const text = fix ?? egressFix(wish, { verdict: 'deny', reason: reason as Reason, rule: null });
  if (text !== null) return shown(text);
  return Object.hasOwn(reasons, reason)
    ? reasons[reason as Reason]
    : 'A reason of another version.';
}
