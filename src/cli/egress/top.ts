// `clincher egress top`: the record added up by host or by caller: tunnels, bytes, denials. Pure.

import type { EgressRecord } from '../../roles/egress/record.ts';
import { bytesText, shown } from './record-text.ts';

export interface TopRow {
  /** A host or a caller; `?` for requests that were not understood. */
  readonly name: string;
  readonly tunnels: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Let through by a rule in report mode; counted among the tunnels too. */
  readonly reported: number;
  readonly denied: number;
  /** Why it was denied most often, or null. */
  readonly reason: string | null;
}

export type TopBy = 'host' | 'caller';

/** Most bytes first, then most tunnels, then most denials, then by name. */
export function topRows(records: readonly EgressRecord[], by: TopBy): readonly TopRow[] {
  const groups = Map.groupBy(records, (record) => record[by] ?? '?');
  return [...groups].map(([name, group]) => rowOf(name, group)).sort(byWeight);
}

function rowOf(name: string, group: readonly EgressRecord[]): TopRow {
  const denied = group.filter(({ verdict }) => verdict === 'deny');
  const sum = (key: 'bytesUp' | 'bytesDown') =>
    group.reduce((total, record) => total + (record[key] ?? 0), 0);
  return {
    name,
    tunnels: group.length - denied.length,
    bytesUp: sum('bytesUp'),
    bytesDown: sum('bytesDown'),
    reported: group.filter(({ verdict }) => verdict === 'report').length,
    denied: denied.length,
    reason: mostOften(denied.map(({ reason }) => reason)),
  };
}

function mostOften(texts: readonly string[]): string | null {
  const counts = [...Map.groupBy(texts, (text) => text)].map(
    ([text, all]) => [text, all.length] as const,
  );
  counts.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return counts[0]?.[0] ?? null;
}

function byWeight(a: TopRow, b: TopRow): number {
  return (
    b.bytesUp + b.bytesDown - (a.bytesUp + a.bytesDown) ||
    b.tunnels - a.tunnels ||
    b.denied - a.denied ||
    (a.name < b.name ? -1 : 1)
  );
}

/** A table; the first line is its head. */
export function topLines(rows: readonly TopRow[], by: TopBy): readonly string[] {
  const head = [by, 'tunnels', 'up', 'down', 'reported', 'denied', 'mostly'];
  const cells = rows.map((row) => [
    shown(row.name),
    String(row.tunnels),
    bytesText(row.bytesUp),
    bytesText(row.bytesDown),
    String(row.reported),
    String(row.denied),
    row.reason ?? '',
  ]);
  const widths = head.map((_, i) =>
    Math.max(...[head, ...cells].map((line) => (line[i] ?? '').length)),
  );
  const isText = (column: number) => column === 0 || column === head.length - 1;
  return [head, ...cells].map((line) =>
    line
      .map((cell, i) => (isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
