// A process that keeps writing answers to an embedded store until it is killed: each answer's bytes
// follow from its name, so that whoever reads them can tell whether they are whole. Its argument is
// the file; it prints each entry that it wrote, and `gone` before each that it deleted.

import { systemWorld } from '../kit/world.ts';
import { EmbeddedStore } from '../roles/llm/cache/embedded/embedded-store.ts';
import { createLog } from '../telemetry/log.ts';
import { answerUntil, degrees, entryOf } from './cache-contract.ts';

export function bodyOf(id: string): Buffer {
  return Buffer.from(`${id};`.repeat(1_000));
}

const [, program = '', file] = process.argv;
if (program.endsWith('cache-writer.ts') && file !== undefined) await writeForever(file);

async function writeForever(path: string): Promise<void> {
  const limits = { entriesMax: 5_000, bytesMax: 1e8, answerBytesMax: 1e6 };
  const log = createLog({}, () => {}, systemWorld().now);
  const store = new EmbeddedStore({ limits, file: path }, degrees, Date.now, log);
  for (let count = 0; ; count += 1) {
    const id = `entry ${count % 2_000}`;
    const entry = entryOf(id, `scope ${count % 7}`, String(count % 360));
    const answer = answerUntil(Date.now() + 3_600_000, { body: bodyOf(id) });
    await store.put(entry, answer);
    await store.observe(entry, { similarity: 0.5, same: true });
    process.stdout.write(`${id}\n`);
    if (count % 3 !== 0) continue;
    for (const deleted of await store.delete([`entry ${count - (count % 5)}`], 'owner-a')) {
      process.stdout.write(`gone ${deleted}\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
