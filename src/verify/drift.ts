// What is otherwise than it was when it was last looked at, in sentences. Only what can be reached
// or differs counts: that the host has another closed port today is no news.

import { formatPlace } from '../kit/place.ts';
import type { Report, ReportRow } from './model.ts';

export interface Drift {
  /** When the report it is compared with was made. */
  readonly since: string;
  /** Whether anything is worse: something to look at, and to raise an alarm for. */
  readonly isWorse: boolean;
  /** What is worse first. */
  readonly sentences: readonly string[];
}

export function driftOf(before: Report, after: Report): Drift {
  const was = new Map(before.rows.map((row) => [row.id, row]));
  const is = new Map(after.rows.map((row) => [row.id, row]));
  const isSameDeclaration = before.topologyHash === after.topologyHash;
  const differs = after.rows.filter((row) =>
    isNew(row, was, ({ verdict }) => verdict === 'difference'),
  );
  const beyond = after.rows.filter((row) => isNew(row, was, isReachedOutside));
  const opened = after.rows.filter((row) => isNew(row, was, isOpenAsDeclared));
  const mended = before.rows.filter(({ id, verdict }) => {
    const now = is.get(id);
    return verdict === 'difference' && now !== undefined && now.verdict !== 'difference';
  });
  const gone = before.rows.filter((row) => isOpenAsDeclared(row) && !is.has(row.id));
  const worse = [
    ...differs.map(
      (row) => `${wordsOf(row)} differs now: ${row.evidence}. ${stateBefore(row, was)}`,
    ),
    ...beyond.map((row) => `${wordsOf(row)} is reached now, by the network that leads out.`),
    // The file is as it was: then a way that is new was not declared by whoever wrote it.
    ...(isSameDeclaration ? opened.map((row) => `${wordsOf(row)} is open now.`) : []),
  ];
  return {
    since: before.startedAt,
    isWorse: worse.length > 0,
    sentences: [
      ...worse,
      ...(isSameDeclaration
        ? []
        : [
            `Another topology is declared: ${short(before)} before, ${short(after)} now.`,
            ...opened.map(
              (row) => `${wordsOf(row)} is open now, declared at ${formatPlace(row.at)}.`,
            ),
          ]),
      ...gone.map((row) => `${wordsOf(row)} is not there any more.`),
      ...mended.map((row) => `${wordsOf(row)} does not differ any more.`),
    ],
  };
}

function isNew(
  row: ReportRow,
  was: ReadonlyMap<string, ReportRow>,
  is: (row: ReportRow) => boolean,
): boolean {
  const old = was.get(row.id);
  return is(row) && (old === undefined || !is(old));
}

function isReachedOutside({ verdict, observed }: ReportRow): boolean {
  return verdict === 'outside' && observed === 'open';
}

function isOpenAsDeclared({ verdict, observed }: ReportRow): boolean {
  return verdict === 'as-declared' && observed === 'open';
}

function wordsOf({ from, to, via, what }: ReportRow): string {
  return `${from} -> ${to}, ${via} ${what}`;
}

function stateBefore({ id }: ReportRow, was: ReadonlyMap<string, ReportRow>): string {
  const old = was.get(id);
  return old === undefined ? 'It was not there before.' : `It was ${old.observed} before.`;
}

function short({ topologyHash }: Report): string {
  return topologyHash.slice(0, 12);
}

/** As lines, for people. */
export function driftLines({ since, sentences }: Drift): string[] {
  const when = `Since ${since.slice(0, 16).replace('T', ' ')} UTC`;
  if (sentences.length === 0) return [`${when}: nothing has changed.`];
  return [`${when}:`, ...sentences.map((sentence) => `  ${sentence}`)];
}
