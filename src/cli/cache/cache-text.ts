// What the cache has done, for people. Pure.

import { dollars } from '../../kit/dollars.ts';
import type { Share } from '../../policy/llm-cache/wrong-rate.ts';
import { shown } from '../egress/record-text.ts';
import type { CacheReport } from './read-cache.ts';

export function cacheLines(report: CacheReport): readonly string[] {
  const { stats, lookedAt, hits, sinceMs, atMs } = report;
  const { lookups, store, savedNanoUsd } = stats;
  const rows: readonly Row[] = [
    ['same request', lookups.exact, lookedAt],
    ['same request, being answered', lookups.joined, lookedAt],
    ...(stats.mode === 'exact' ? [] : similar(report)),
    ['missed', lookups.miss, lookedAt],
  ];
  return [
    `${dollars(savedNanoUsd)} saved by ${hits} answers to ${lookedAt} requests since ${time(sinceMs)}`,
    `${store.entries} answers, ${mebibytes(store.bytes)} MiB, in the store ${store.kind}` +
      `${store.fault === null ? '' : `, which cannot be used: ${shown(store.fault)}`}`,
    ...(store.faults === 0 ? [] : [`${store.faults} questions that the store did not answer`]),
    '',
    ...table(rows),
    '',
    ...wrongLines(report),
    ...whyLines(report),
    `as of ${time(atMs)}`,
  ];
}

type Row = readonly [name: string, count: number, of: number];

function similar({ stats: { lookups }, lookedAt }: CacheReport): readonly Row[] {
  return [
    ['something similar', lookups.semantic, lookedAt],
    ['similar, but asked to learn', lookups.explore, lookedAt],
  ];
}

function table(rows: readonly Row[]): readonly string[] {
  const cells = rows.map(([name, count, of]) => [name, String(count), percent(share(count, of))]);
  const widths = [0, 1, 2].map((column) =>
    Math.max(...cells.map((line) => (line[column] ?? '').length)),
  );
  return cells.map(([name = '', ...rest]) =>
    [
      name.padEnd(widths[0] ?? 0),
      ...rest.map((cell, column) => cell.padStart(widths[column + 1] ?? 0)),
    ].join('  '),
  );
}

/** What was checked, what that says of all, and whether that is what was promised. */
function wrongLines({ stats, wrongOfSimilar, wrongOfAll }: CacheReport): readonly string[] {
  if (stats.mode === 'exact') return [];
  const { errorMax, checks } = stats;
  const bound = errorMax === null ? 'nothing bounds it' : `declared: ${percent(errorMax)} at most`;
  const { feedback } = checks;
  const judged = feedback.right + feedback.wrong;
  const said = judged === 0 ? [] : [`${feedback.wrong} of ${judged} judged by clients were wrong`];
  if (wrongOfSimilar === null || wrongOfAll === null) {
    return [`no answer to something similar was checked yet; ${bound}`, ...said, ''];
  }
  const { checked, wrong } = wrongOfSimilar;
  return [
    `${wrong} of ${checked} checked answers to something similar were wrong: ${between(wrongOfSimilar)}`,
    `of all requests ${between(wrongOfAll)}; ${bound}${verdict(wrongOfAll, errorMax)}`,
    ...said,
    '',
  ];
}

function verdict({ low, high }: Share, errorMax: number | null): string {
  if (errorMax === null) return '';
  if (high <= errorMax) return ', and kept';
  return low > errorMax ? ', and NOT kept' : ', and too few were checked to say';
}

/** The most frequent first. */
function whyLines({ stats: { whys, lookups } }: CacheReport): readonly string[] {
  const all = Object.entries(whys).sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  if (all.length === 0) return [];
  const total = lookups.miss + lookups['left-out'];
  const rows = all.map(([why, count]): Row => [shown(why), count, total]);
  return ['why not, of those missed and left out', ...table(rows), ''];
}

function between({ share: value, low, high }: Share): string {
  return `${percent(value)} (95 %: ${percent(low)} to ${percent(high)})`;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(value < 0.1 ? 2 : 1)} %`;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
