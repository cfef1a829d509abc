// Adds rows up to a report: differences first, one row per thing tried, an exit code.

import type { Report, Row, Verdict } from './model.ts';

const order: readonly Verdict[] = ['difference', 'outside', 'as-declared'];

export function reportOf(
  rows: readonly Row[],
  services: readonly string[],
  durationMs: number,
): Report {
  const once = [...new Map(rows.map((row) => [keyOf(row), row])).values()];
  const sorted = once.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const count = (verdict: Verdict) => once.filter((row) => row.verdict === verdict).length;
  const counts = {
    difference: count('difference'),
    outside: count('outside'),
    'as-declared': count('as-declared'),
  };
  return {
    version: 1,
    // Nothing tried is not a proof of anything.
    exitCode: counts.difference > 0 || rows.length === 0 ? 1 : 0,
    services,
    counts,
    rows: sorted,
    durationMs: Math.round(durationMs),
  };
}

function keyOf({ from, to, via, what, observed }: Row): string {
  return JSON.stringify([from, to, via, what, observed]);
}
