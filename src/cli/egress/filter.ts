// Which records a question is about: by caller, host, verdict, reason, time and request id. Pure.

import { ClincherError } from '../../kit/error.ts';
import { didYouMean } from '../../kit/located/nearest.ts';
import { reasons } from '../../policy/reasons.ts';
import type { EgressRecord } from '../../roles/egress/record.ts';

export interface RecordFilter {
  readonly caller?: string | undefined;
  /** A host, `*.x` for one label more, `**.x` for everything below. */
  readonly host?: string | undefined;
  readonly verdict?: EgressRecord['verdict'] | undefined;
  /** Why it was decided so, or why the tunnel ended. */
  readonly reason?: string | undefined;
  readonly id?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
}

export function matchesFilter(record: EgressRecord, filter: RecordFilter): boolean {
  const { caller, host, verdict, reason, id, sinceMs } = filter;
  return (
    (caller === undefined || record.caller === caller) &&
    (host === undefined || matchesHost(record.host ?? '', host)) &&
    (verdict === undefined || record.verdict === verdict) &&
    (reason === undefined || record.reason === reason || record.end === reason) &&
    (id === undefined || record.requestId === id) &&
    (sinceMs === undefined || Date.parse(record.time) >= sinceMs)
  );
}

/** A question, not a permission: case does not matter here. */
function matchesHost(host: string, pattern: string): boolean {
  const [asked, wanted] = [host.toLowerCase(), pattern.toLowerCase()];
  const tail = wanted.replace(/^\*{1,2}(?=\.)/, '');
  if (tail === wanted) return asked === wanted;
  const head = asked.slice(0, -tail.length);
  return asked.endsWith(tail) && head !== '' && (wanted.startsWith('**') || !head.includes('.'));
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * `90s`, `10m`, `2h` or `7d` before `nowMs`, or a time as ISO 8601 has it; in milliseconds since
 * the epoch.
 * @throws ClincherError `usage`
 */
export function readSince(text: string, nowMs: number): number {
  const ago = /^([0-9]{1,6})([smhd])$/.exec(text);
  if (ago !== null) return nowMs - Number(ago[1]) * unitMs[ago[2] as keyof typeof unitMs];
  const time = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new ClincherError('usage', `--since ${JSON.stringify(text)} is no time`, {
    fix: 'Write 90s, 10m, 2h or 7d, or a time like 2026-11-22T14:00:00Z.',
  });
}

/** @throws ClincherError `usage` */
export function checkReason(text: string): string {
  if (Object.hasOwn(reasons, text)) return text;
  const hint = didYouMean(text, Object.keys(reasons));
  throw new ClincherError('usage', `there is no reason ${JSON.stringify(text)}${hint}`, {
    fix: 'All of them: docs/reference/reasons.md.',
  });
}
