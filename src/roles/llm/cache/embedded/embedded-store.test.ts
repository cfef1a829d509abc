// The embedded store: the contract of stores, and what it alone does.

import { systemWorld } from '../../../../kit/world.ts';
import { createLog } from '../../../../telemetry/log.ts';
import { type StoreBench, storeContract } from '../../../../testing/cache-contract.ts';
import { tempDir } from '../../../../testing/temp-dir.ts';
import type { Embedding } from '../embedding/embedding.ts';
import { EmbeddedStore } from './embedded-store.ts';

const log = createLog({}, () => {}, systemWorld().now);
const limits = { entriesMax: 10_000, bytesMax: 1e7, answerBytesMax: 1e6 };

function open(embedding: Embedding, file: string | null): StoreBench {
  const clock = { ms: Date.UTC(2026, 10, 22) };
  const store = new EmbeddedStore({ limits, file }, embedding, () => clock.ms, log);
  return {
    store,
    now: () => clock.ms,
    pass: async (ms) => {
      clock.ms += ms;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

storeContract('the embedded store', async (embedding) => open(embedding, null));

storeContract('the embedded store with a file', async (embedding) => {
  const folder = tempDir();
  const bench = open(embedding, `${folder.path}/cache.sqlite`);
  return {
    ...bench,
    async [Symbol.asyncDispose]() {
      await bench[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
});
