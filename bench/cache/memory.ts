// What an entry takes in memory beside its answer, after a full collection.

import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadStaticEmbedding } from '../../src/roles/llm/cache/embedding/static-embedding.ts';
import { answerBytes, fill, idOf, type Measured, openBenchStore } from './filled-store.ts';
import { makeQuestions } from './questions.ts';

export async function measureMemory({ entries }: Measured): Promise<string[][]> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = async () => {
    // Bytes outside the heap are let go of after the collection that found them unused.
    for (let times = 0; times < 4; times += 1) {
      collect();
      await sleep(300);
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const embedding = loadStaticEmbedding();
  const { asked } = makeQuestions(entries, 0, 1);
  const rows = [['entries', 'bytes an entry beside its answer']];
  for (const [name, scopeOf] of [
    ['all in one scope, each with its vector', () => idOf('scope', 'one')],
    ['each in its own scope, not yet compared', (text: string) => idOf('scope', text)],
  ] as const) {
    await using store = openBenchStore(embedding, null);
    const placeOf = (text: string) => ({ scope: scopeOf(text), owner: idOf('owner', '') });
    // The first fifth is not counted: what is made once is made with it.
    const warm = Math.floor(entries / 5);
    await fill(store, asked.slice(0, warm), placeOf);
    const before = await used();
    await fill(store, asked.slice(warm), placeOf);
    const bytes = ((await used()) - before) / (entries - warm) - answerBytes;
    rows.push([`${entries} ${name}`, bytes.toFixed(0)]);
  }
  return rows;
}
