// The matrix behind every form of the report: who tried, what was tried, and for each pair the one
// mark that its rows add up to. The worst of them wins.

import type { Report, ReportRow, Via } from './model.ts';

export type Mark =
  | 'difference'
  | 'unknown'
  | 'outside'
  | 'open'
  | 'down'
  | 'refused'
  | 'denied'
  | 'absent'
  | 'untried';

/** What each says, in the order in which one hides another. */
export const marks: readonly {
  readonly mark: Mark;
  readonly symbol: string;
  readonly says: string;
}[] = [
  { mark: 'difference', symbol: '✖', says: 'differs from what is declared' },
  { mark: 'unknown', symbol: '?', says: 'could not be told' },
  { mark: 'outside', symbol: '○', says: 'open, comes with the way out' },
  { mark: 'open', symbol: '●', says: 'open, as declared' },
  { mark: 'down', symbol: '▽', says: 'nobody answers' },
  { mark: 'refused', symbol: '⊘', says: 'refused by whom it was asked of' },
  { mark: 'denied', symbol: '·', says: 'no way there' },
  { mark: 'absent', symbol: '–', says: 'nothing there to try' },
  { mark: 'untried', symbol: ' ', says: 'not tried' },
];

export interface Cell {
  readonly to: string;
  readonly mark: Mark;
  readonly rows: readonly ReportRow[];
}

export interface Matrix {
  readonly targets: readonly string[];
  readonly lines: readonly { readonly from: string; readonly cells: readonly Cell[] }[];
}

/** Services first, in the order of the plan, then everything else that was tried. */
export function matrixOf(report: Report): Matrix {
  // An attack that was refused says nothing of who reaches whom.
  const shown = report.rows.filter(
    ({ via, verdict }) => via !== 'attack' || verdict !== 'as-declared',
  );
  const callers = [...new Set(['people', ...report.services, ...shown.map(({ from }) => from)])];
  const others = [...new Set(shown.map(targetOf))];
  const beyond = others.filter((to) => !report.services.includes(to)).toSorted();
  const targets = [...report.services, ...beyond];
  const byPair = Map.groupBy(shown, (row) => `${row.from}\0${targetOf(row)}`);
  const lines = callers.map((from) => ({
    from,
    cells: targets.map((to) => {
      const rows = byPair.get(`${from}\0${to}`) ?? [];
      return { to, mark: worstOf(rows), rows };
    }),
  }));
  return { targets, lines };
}

/** A service's secrets are one column: open is what it holds. */
function targetOf({ to }: ReportRow): string {
  return to.startsWith('secret ') ? 'secrets' : to;
}

function worstOf(rows: readonly ReportRow[]): Mark {
  const found = new Set(rows.map(markOf));
  return marks.find(({ mark }) => found.has(mark))?.mark ?? 'untried';
}

export function markOf({ verdict, observed, deniedBy, via }: ReportRow): Mark {
  if (verdict === 'difference') return observed === 'unknown' ? 'unknown' : 'difference';
  if (verdict === 'outside') return 'outside';
  if (observed === 'denied') return isAsked(via) && deniedBy !== null ? 'refused' : 'denied';
  return observed;
}

/** A guard had to say no, and did not only stand in nobody's way. */
export function isAsked(via: Via): boolean {
  return via === 'http' || via === 'attack';
}
