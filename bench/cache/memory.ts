// What an entry takes in memory beside its answer: in a process for each way that entries may lie,
// which holds nothing else, before and after so many were put, each time fully collected.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadStaticEmbedding } from '../../src/roles/llm/cache/embedding/static-embedding.ts';
import { idOf, type Measured, openBenchStore, type Placed, put } from './filled-store.ts';
import { makeQuestions } from './questions.ts';

const ways = {
  'each in its own scope, not yet compared': (text: string) => ({
    scope: idOf('scope', text),
    looked: false,
  }),
  'all in one scope, each with its vector': () => ({ scope: idOf('scope', 'one'), looked: true }),
};
type Way = keyof typeof ways;
/** Of its entries. */
const looks = [0, 0.5, 1];

interface Look {
  readonly entries: number;
  /** Heap and what is outside it. */
  readonly usedBytes: number;
  readonly residentBytes: number;
  /** Of the answers. */
  readonly answerBytes: number;
}

export async function measureMemory({ entries }: Measured): Promise<string[][]> {
  const rows = [['memory', 'entries', 'in use', 'resident', 'an entry, beside its answer']];
  for (const way of Object.keys(ways)) {
    const args = ['--expose-gc', join(import.meta.dirname, 'memory.ts'), way, String(entries)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const all: Look[] = JSON.parse(stdout);
    const own = ({ usedBytes, answerBytes }: Look) => usedBytes - answerBytes;
    for (const look of all) {
      const each = (own(look) - own(all[0] as Look)) / look.entries;
      rows.push([
        ...[way, String(look.entries), mebibytes(look.usedBytes), mebibytes(look.residentBytes)],
        look.entries === 0 ? '' : `${each.toFixed(0)} bytes`,
      ]);
    }
  }
  return rows;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

if (process.argv[1] === import.meta.filename) {
  const [way, entries] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await look(way as Way, Number(entries))));
}

async function look(way: Way, entries: number): Promise<Look[]> {
  await using store = openBenchStore(loadStaticEmbedding(), null);
  const { asked } = makeQuestions(entries, 0, 1);
  const placed = ways[way];
  // What is made once is made before the first look.
  await put(store, placedAt('first', 'the first of all'), true);
  const seen: Look[] = [];
  let from = 0;
  for (const share of looks) {
    const until = Math.round(share * entries);
    for (const text of asked.slice(from, until)) {
      const { scope, looked } = placed(text);
      await put(store, placedAt(scope, text), looked);
    }
    from = until;
    const { usedBytes, residentBytes } = await settled();
    const { bytes } = store.stats();
    const textBytes = asked.slice(0, until).reduce((sum, { length }) => sum + length, 0);
    seen.push({ entries: until, usedBytes, residentBytes, answerBytes: bytes - textBytes });
  }
  return seen;
}

function placedAt(scope: string, text: string): Placed {
  return { id: idOf(scope, text), scope, owner: 'bench', text };
}

/** Collected until nothing more goes: bytes outside the heap are let go of one collection later. */
async function settled(): Promise<Pick<Look, 'usedBytes' | 'residentBytes'>> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('node --expose-gc');
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    gc();
    await new Promise((next) => setTimeout(next, 100));
    const { heapUsed, external, rss } = process.memoryUsage();
    const usedBytes = heapUsed + external;
    if (Math.abs(before - usedBytes) < 10_000) return { usedBytes, residentBytes: rss };
    before = usedBytes;
  }
}
