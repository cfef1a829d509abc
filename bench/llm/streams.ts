// Many streams at the same time, an event of each at every beat: how long the first event takes
// through each proxy, and what the streams hold: `node bench/llm/streams.ts [--streams 500]
// [--held 2000] [--pace 250] [--rounds 3]`. In a network namespace with nothing but loopback.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { inNamespace } from '../namespace.ts';
import { cpuSecondsOf, residentBytesOf } from '../usage.ts';
import type { Contender } from './contenders.ts';
import { ask, eventsAStream, kindOf } from './load.ts';
import { withContenders } from './scene.ts';

const { values: asked } = parseArgs({
  options: {
    streams: { type: 'string', default: '500' },
    held: { type: 'string', default: '2000' },
    pace: { type: 'string', default: '250' },
    rounds: { type: 'string', default: '3' },
  },
});
const [streams, held, paceMs, rounds] = [
  ...[asked.streams, asked.held, asked.pace, asked.rounds].map(Number),
] as [number, number, number, number];
const names = ['direct', 'naive', 'clincher'];
const paced = kindOf('paced', 1_000, true, paceMs);

await inNamespace((folder) => withContenders(folder, names, {}, measureAll));

async function measureAll(contenders: Contender[]): Promise<void> {
  for (const { target } of contenders) await ask(target, kindOf('small', 1_000, true), 2_000, 32);
  const firstMs = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, target } of contenders) {
      // They begin apart, as agents do, not in one burst.
      const apartMs = (paceMs * eventsAStream) / streams;
      const times = await ask(target, paced, streams * 2, streams, apartMs);
      firstMs.get(name)?.push(...times.firstByteMs);
    }
    contenders.reverse();
  }
  say(`To the first event of a stream, ${streams} streams at a time, one event each ${paceMs} ms:`);
  for (const [name, list] of firstMs) {
    const sorted = list.sort((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
    say(`  ${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${sorted.length} streams`);
  }
  say(`${held} streams held, begun all at once:`);
  for (const contender of contenders) await holdAll(contender);
}

async function holdAll({ name, target, process: running }: Contender): Promise<void> {
  if (running === null) return;
  const before = residentBytesOf(running.pid);
  const cpu = cpuSecondsOf(running.pid);
  const all = ask(target, paced, held, held);
  await sleep(paceMs * 30);
  const within = residentBytesOf(running.pid);
  const { totalMs } = await all;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  say(
    `  ${name}: ${totalMs.length} whole, memory ${megabytes(before)} before, ` +
      `${megabytes(within)} with them, ${((within - before) / held / 1e3).toFixed(0)} KB each, ` +
      `${((cpuSecondsOf(running.pid) - cpu) / held / 1e-3).toFixed(1)} ms CPU each`,
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
