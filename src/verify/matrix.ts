// The report as people read it: what differs first, with what to do; then who reaches whom as a
// matrix, and what lies outside. Symbols carry the meaning; colour only repeats it.

import { createColors } from 'picocolors';
import { formatPlace } from '../kit/place.ts';
import type { Report, Row } from './model.ts';

const symbols = { open: '●', closed: '·', difference: '✖', outside: '○', untried: ' ' } as const;
type Mark = keyof typeof symbols;

/** Lines without their newlines. `colour` only where a person looks on. */
export function reportLines(report: Report, colour: boolean): string[] {
  const paint = createColors(colour);
  const painted: Record<Mark, (text: string) => string> = {
    open: paint.green,
    closed: paint.dim,
    difference: (text) => paint.bold(paint.red(text)),
    outside: paint.yellow,
    untried: String,
  };
  return [
    ...differenceLines(report, painted.difference),
    ...matrixLines(report, (mark, text) => painted[mark](text)),
    '',
    `  ● open as declared   · tried, closed   ○ open, comes with network outside   ✖ differs`,
    ...outsideLines(report),
    '',
    summary(report),
  ];
}

function differenceLines(report: Report, bad: (text: string) => string): string[] {
  const rows = report.rows.filter(({ verdict }) => verdict === 'difference');
  if (rows.length === 0) return [];
  const lines = rows.flatMap((row) => [
    `  ${bad('✖')} ${row.from} -> ${row.to}, ${row.via} ${row.what}`,
    `      declared ${declaredText(row)}; observed ${row.observed} (${row.evidence})`,
    ...(row.fix === null ? [] : [`      ${row.fix}`]),
  ]);
  return [`${rows.length} ${rows.length === 1 ? 'difference' : 'differences'}:`, ...lines, ''];
}

function declaredText({ declared, observed }: Row): string {
  if (declared !== null) return `open by ${declared.by} (${formatPlace(declared.at)})`;
  return observed === 'unknown' ? 'closed, which could not be proved' : 'closed';
}

function matrixLines(report: Report, paint: (mark: Mark, text: string) => string): string[] {
  const from = [...new Set(['people', ...report.services, ...report.rows.map((row) => row.from)])];
  const others = new Set(report.rows.map(({ to }) => (to.startsWith('secret ') ? 'secrets' : to)));
  const beyond = [...others].filter((to) => !report.services.includes(to));
  const to = [...report.services, ...beyond];
  const corner = 'from \\ to';
  const width = Math.max(corner.length, ...from.map((name) => name.length));
  const cells = (name: string) =>
    to.map((target) => {
      const mark = markOf(report.rows, name, target);
      return paint(mark, centred(symbols[mark], target.length));
    });
  return [
    `${corner.padEnd(width)}  ${to.join('  ')}`,
    ...from.map((name) => `${name.padEnd(width)}  ${cells(name).join('  ')}`.trimEnd()),
  ];
}

/** The worst of a cell's rows wins. A service's secrets are one cell: open is what it holds. */
function markOf(rows: readonly Row[], from: string, to: string): Mark {
  const cell = rows.filter(
    (row) =>
      row.from === from && (row.to === to || (to === 'secrets' && row.to.startsWith('secret '))),
  );
  if (cell.length === 0) return 'untried';
  if (cell.some(({ verdict }) => verdict === 'difference')) return 'difference';
  if (cell.some(({ verdict }) => verdict === 'outside')) return 'outside';
  return cell.some(({ declared }) => declared !== null) ? 'open' : 'closed';
}

function outsideLines({ rows }: Report): string[] {
  const outside = rows.filter(({ verdict }) => verdict === 'outside');
  if (outside.length === 0) return [];
  const names = [...new Set(outside.map(({ from }) => from))].join(', ');
  const open = outside.filter(({ observed, to }) => observed === 'open' && to !== 'kernel');
  const reached = [...new Set(open.map(({ to }) => to))].join(', ') || 'none of what was tried';
  const asked = rows.filter(
    ({ via, verdict }) => via === 'http' && verdict === 'as-declared',
  ).length;
  return [
    '',
    `  ${names} shares the host's network, because it is declared as the way out. It reached: ${reached}`,
    `  (${outside.length} rows, --json lists them). Only its own rules stand between its callers and these:`,
    `  ${asked} forbidden requests were made through the proxies, and refused.`,
  ];
}

function summary({ rows, counts, durationMs, exitCode }: Report): string {
  const seconds = (durationMs / 1_000).toFixed(1);
  const tried = `${rows.length} ${rows.length === 1 ? 'thing' : 'things'} tried in ${seconds} s`;
  if (exitCode === 0) return `What runs is what was declared: ${tried}, no difference.`;
  const differ = counts.difference === 1 ? '1 differs' : `${counts.difference} differ`;
  return `What runs is not what was declared: ${tried}, ${differ}.`;
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return text.padStart(left + text.length).padEnd(width);
}
