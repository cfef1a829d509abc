// A process with an embedded store, to be killed. With a file alone it keeps writing answers and
// prints the name of each: an answer's bytes follow from its name, so that whoever reads them can
// tell whether they are whole. With a name too it deletes that entry, says so, and stands still.

import { writeSync } from 'node:fs';
import { systemWorld } from '../kit/world.ts';
import { EmbeddedStore } from '../roles/llm/cache/embedded/embedded-store.ts';
import { createLog } from '../telemetry/log.ts';
import { answerUntil, degrees, entryOf } from './cache-contract.ts';

export function bodyOf(id: string): Buffer {
  return Buffer.from(`${id};`.repeat(1_000));
}

const [, program = '', file, deleted] = process.argv;
if (program.endsWith('cache-writer.ts') && file !== undefined) {
  const store = openStore(file);
  await (deleted === undefined ? writeForever(store) : deleteOne(store, deleted));
}

function openStore(file: string): EmbeddedStore {
  const limits = { entriesMax: 5_000, bytesMax: 1e8, answerBytesMax: 1e6 };
  const log = createLog({}, () => {}, systemWorld().now);
  return new EmbeddedStore({ limits, file }, degrees, Date.now, log);
}

async function writeForever(store: EmbeddedStore): Promise<void> {
  for (let count = 0; ; count += 1) {
    const id = `entry ${count % 2_000}`;
    const entry = entryOf(id, `scope ${count % 7}`, String(count % 360));
    const answer = answerUntil(Date.now() + 3_600_000, { body: bodyOf(id) });
    await store.put(entry, answer);
    await store.observe(entry, { similarity: 0.5, same: true });
    process.stdout.write(`${id}\n`);
    if (count % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function deleteOne(store: EmbeddedStore, id: string): Promise<void> {
  const gone = await store.delete([id], 'owner-a');
  writeSync(1, `gone ${gone}\n`);
  // No timer has its turn any more: what was not written by now never is.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
