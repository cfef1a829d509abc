// The report as people read it on a terminal: what differs first, with what to do; then who reaches
// whom, as wide as the terminal; then who refused what. Colour repeats what symbols say.

import { createColors } from 'picocolors';
import { formatPlace } from '../kit/place.ts';
import { isAsked, type Mark, type Matrix, marks, matrixOf } from './cells.ts';
import type { Report, ReportRow } from './model.ts';

export interface Looks {
  /** Only where a person looks on. */
  readonly colour: boolean;
  readonly columns: number;
}

/** Lines without their newlines. */
export function reportLines(report: Report, { colour, columns }: Looks): string[] {
  const paint = createColors(colour);
  const bad = (text: string) => paint.bold(paint.red(text));
  const painted: Partial<Record<Mark, (text: string) => string>> = {
    ...{ difference: bad, unknown: bad, outside: paint.yellow, open: paint.green },
    ...{ refused: paint.cyan, denied: paint.dim, absent: paint.dim, down: paint.yellow },
  };
  const matrix = matrixOf(report);
  const show = (mark: Mark, text: string) => (painted[mark] ?? String)(text);
  return [
    ...differenceLines(report, bad),
    ...matrixLines(matrix, columns, show),
    '',
    ...legendLines(matrix, columns, show),
    ...refusalLines(report, columns),
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

export function declaredText({ declared, observed, at }: ReportRow): string {
  if (declared !== null) return `open by ${declared.by} (${formatPlace(declared.at)})`;
  const where = at.line === 0 ? '' : ` (${formatPlace(at)})`;
  return observed === 'unknown' ? `closed${where}, which could not be proved` : `closed${where}`;
}

/** As many columns as fit beside the names, then the next ones below. */
function matrixLines(
  { targets, lines }: Matrix,
  columns: number,
  show: (mark: Mark, text: string) => string,
): string[] {
  const corner = 'from \\ to';
  const width = Math.max(corner.length, ...lines.map(({ from }) => from.length));
  const blocks: number[][] = [[]];
  let used = width;
  for (const [index, target] of targets.entries()) {
    const needs = 2 + target.length;
    if (used + needs > columns && blocks.at(-1)?.length !== 0) {
      blocks.push([]);
      used = width;
    }
    blocks.at(-1)?.push(index);
    used += needs;
  }
  return blocks.flatMap((block, number) => [
    ...(number === 0 ? [] : ['']),
    `${corner.padEnd(width)}  ${block.map((index) => targets[index]).join('  ')}`,
    ...lines.map(({ from, cells }) => {
      const shown = block.map((index) => {
        const { mark = 'untried', to = '' } = cells[index] ?? {};
        return show(mark, centred(symbolOf(mark), to.length));
      });
      return `${from.padEnd(width)}  ${shown.join('  ')}`.trimEnd();
    }),
  ]);
}

function symbolOf(wanted: Mark): string {
  return marks.find(({ mark }) => mark === wanted)?.symbol ?? ' ';
}

/** Of the marks that are there. */
function legendLines(
  { lines }: Matrix,
  columns: number,
  show: (mark: Mark, text: string) => string,
): string[] {
  const there = new Set(lines.flatMap(({ cells }) => cells.map(({ mark }) => mark)));
  const parts = marks
    .filter(({ mark }) => mark !== 'untried' && there.has(mark))
    .map(({ mark, symbol, says }) => ({ text: `${symbol} ${says}`, mark, symbol }));
  const broken: (typeof parts)[] = [[]];
  let used = 0;
  for (const part of parts) {
    if (used + part.text.length + 3 > columns - 2 && used > 0) {
      broken.push([]);
      used = 0;
    }
    broken.at(-1)?.push(part);
    used += part.text.length + 3;
  }
  return broken.map(
    (line) =>
      `  ${line.map(({ text, mark, symbol }) => text.replace(symbol, show(mark, symbol))).join('   ')}`,
  );
}

/** `egress refused 16: host-not-allowed (12), ...`. What follows a semicolon is detail. */
function refusalLines({ rows }: Report, columns: number): string[] {
  const refused = rows.filter(({ via, observed }) => isAsked(via) && observed === 'denied');
  const byWhom = [...Map.groupBy(refused, ({ deniedBy }) => deniedBy ?? '')];
  const lines = byWhom.map(([whom, denied]) => {
    const reasons = [...Map.groupBy(denied, ({ evidence }) => evidence.split(';', 1)[0])];
    const counted = reasons.map(([reason, some]) => `${reason} (${some.length})`).toSorted();
    return `  ${whom} refused ${denied.length}: ${counted.join(', ')}`;
  });
  const cut = (line: string) =>
    line.length <= columns ? line : `${line.slice(0, Math.max(20, columns - 1))}…`;
  return lines.length === 0 ? [] : ['', ...lines.map(cut)];
}

function outsideLines({ rows }: Report): string[] {
  const outside = rows.filter(({ verdict }) => verdict === 'outside');
  if (outside.length === 0) return [];
  const names = [...new Set(outside.map(({ from }) => from))].join(', ');
  const open = outside.filter(({ observed, to }) => observed === 'open' && to !== 'kernel');
  const reached = [...new Set(open.map(({ to }) => to))].join(', ') || 'none of what was tried';
  return [
    '',
    `  ${names} shares the host's network, because it is declared as the way out. It reached: ${reached}`,
    `  (${outside.length} rows, --json lists them). Only its own rules stand between its callers and these.`,
  ];
}

export function summary({ rows, counts, durationMs, exitCode }: Report): string {
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
