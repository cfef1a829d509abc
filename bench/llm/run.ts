// The model proxy beside others, interleaved in one run on one machine: `node bench/llm/run.ts
// [--litellm PROGRAM] [--portkey FILE] [--rounds 3] [--requests 300] [--warm 100]`. PROGRAM is
// LiteLLM's command (Python package `litellm[proxy]`) and FILE the start-server.js of Portkey (npm
// package `@portkey-ai/gateway`). Without them, ours, a naive proxy and none. Everything happens in
// a network namespace of its own with nothing but loopback.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { inNamespace } from '../namespace.ts';
import { cpuSecondsOf, residentBytesOf } from '../usage.ts';
import type { Contender } from './contenders.ts';
import { ask, type Kind, kindOf, type Target } from './load.ts';
import { type Sample, tables } from './report.ts';
import { withContenders } from './scene.ts';

const { values: asked } = parseArgs({
  options: {
    litellm: { type: 'string' },
    portkey: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '300' },
    warm: { type: 'string', default: '100' },
    only: { type: 'string' },
    kinds: { type: 'string' },
    profile: { type: 'string' },
  },
});
const programs = Object.fromEntries(
  Object.entries({ litellm: asked.litellm, portkey: asked.portkey }).filter(([, file]) => file),
) as Record<string, string>;
const names = ['direct', 'naive', 'clincher', ...Object.keys(programs)].filter(
  (name) => asked.only === undefined || asked.only.split(',').includes(name),
);
/** How long nobody asks anything before it is said what memory they hold idle. */
const idleMs = 15_000;
const rounds = Number(asked.rounds);
const requests = Number(asked.requests);
const warm = Number(asked.warm);
const kinds = [
  kindOf('small', 100, false),
  kindOf('60 KB', 60_000, false),
  kindOf('500 KB', 500_000, false),
  kindOf('60 KB, streamed', 60_000, true),
].filter(({ name }) => asked.kinds === undefined || asked.kinds.split('/').includes(name));

await inNamespace((folder) => {
  const more = { programs, profileDir: asked.profile };
  return withContenders(folder, names, more, measureAll);
});

async function measureAll(contenders: Contender[]): Promise<void> {
  const samples: Sample[] = [];
  // What a start leaves behind is given back in a while.
  await sleep(idleMs);
  for (const contender of contenders) samples.push(...standing(contender, 'memory before'));
  // Nobody is measured before it is warm.
  const able = new Map<string, Kind[]>();
  for (const { name, target } of contenders) able.set(name, await warmUp(name, target));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      for (const kind of able.get(contender.name) ?? []) {
        samples.push(...(await measure(contender, kind)));
      }
    }
    contenders.reverse();
  }
  for (const contender of contenders) samples.push(...standing(contender, 'memory after'));
  const said = `Medians of ${rounds} interleaved rounds of ${requests} requests of each kind.`;
  process.stdout.write(`${said}\n\n${tables(samples, names)}`);
}

/** The kinds it answers; what it does not is said, and left out of its column. */
async function warmUp(name: string, target: Target): Promise<Kind[]> {
  const able: Kind[] = [];
  for (const kind of kinds) {
    try {
      await ask(target, kind, warm, 32);
      able.push(kind);
    } catch (error) {
      if (name === 'clincher') throw error;
      process.stderr.write(`${name} fails at ${kind.name}: ${String(error)}\n`);
    }
  }
  return able;
}

function standing(contender: Contender, what: 'memory before' | 'memory after'): Sample[] {
  const { name, process: running, readyMs } = contender;
  if (running === null) return [];
  const kind = 'standing';
  const memory = { name, kind, what, value: residentBytesOf(running.pid) / 1e6 };
  const ready = { name, kind, what: 'ready after' as const, value: readyMs };
  return what === 'memory before' ? [memory, ready] : [memory];
}

async function measure(contender: Contender, kind: Kind): Promise<Sample[]> {
  const { name, target, process: running } = contender;
  const at = (share: number, list: readonly number[]) => list[Math.floor(list.length * share)] ?? 0;
  const one = await ask(target, kind, Math.ceil(requests / 3), 1);
  const before = running === null ? 0 : cpuSecondsOf(running.pid);
  const many = await ask(target, kind, requests, 32);
  const used = running === null ? Number.NaN : cpuSecondsOf(running.pid) - before;
  const values = {
    'CPU a request': (used / requests) * 1e6,
    'p50, one at a time': at(0.5, one.totalMs),
    'p99, one at a time': at(0.99, one.totalMs),
    'first byte p50, one at a time': at(0.5, one.firstByteMs),
    'requests a second, 32 at a time': requests / many.seconds,
    'p99, 32 at a time': at(0.99, many.totalMs),
  };
  return Object.entries(values).map(([what, value]) => ({
    name,
    kind: kind.name,
    what: what as Sample['what'],
    value,
  }));
}
