// What two instances with a shared Redis give, beside one with it and one alone, in turns on one
// machine: `node bench/llm/instances.ts [--rounds 5] [--requests 600]`. Needs redis-server.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { inNamespace } from '../namespace.ts';
import { cpuSecondsOf } from '../usage.ts';
import type { Contender } from './contenders.ts';
import { ask, kindOf } from './load.ts';
import { withContenders } from './scene.ts';

const { values: asked } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '600' },
  },
});
const requests = Number(asked.requests);
const atOnce = 32;
/** Until both of two have told Redis what they spent. */
const settleMs = 8_000;
const small = kindOf('small', 100, false);

interface Took {
  readonly perSecond: number;
  readonly cpuUs: number;
}

const names = ['clincher', 'single', 'left', 'right'];

await inNamespace(async (folder) => {
  const socket = join(folder, 'redis');
  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', ''], {
    stdio: 'ignore',
  });
  try {
    // They ask for it again until it is there.
    await withContenders(folder, names, { programs: { redis: `unix:${socket}` } }, async (all) => {
      await sleep(settleMs);
      const of = (...wanted: readonly string[]) => all.filter(({ name }) => wanted.includes(name));
      await compare(
        new Map([
          ['one, alone', of('clincher')],
          ['one, with Redis', of('single')],
          ['two, with Redis', of('left', 'right')],
        ]),
      );
    });
  } finally {
    redis.kill();
    await once(redis, 'exit');
  }
});

async function compare(settings: ReadonlyMap<string, readonly Contender[]>): Promise<void> {
  const took = new Map([...settings.keys()].map((name): [string, Took[]] => [name, []]));
  for (const contenders of settings.values()) await measure(contenders);
  for (let round = 0; round < Number(asked.rounds); round += 1) {
    for (const [name, contenders] of settings) took.get(name)?.push(await measure(contenders));
  }
  const lines = [...took].map(([name, all]) => {
    const [perSecond, cpuUs] = [all.map((one) => one.perSecond), all.map((one) => one.cpuUs)];
    return `| ${name} | ${Math.round(median(perSecond))} | ${Math.round(median(cpuUs))} µs |`;
  });
  const head = '| small, 32 at a time | requests a second | CPU a request |\n| --- | --- | --- |';
  process.stdout.write(`${head}\n${lines.join('\n')}\n`);
}

async function measure(contenders: readonly Contender[]): Promise<Took> {
  const cpu = () => contenders.reduce((sum, one) => sum + cpuSecondsOf(one.process?.pid ?? 0), 0);
  const [count, before, fromMs] = [contenders.length, cpu(), performance.now()];
  await Promise.all(
    contenders.map(({ target }) => ask(target, small, requests / count, atOnce / count)),
  );
  const seconds = (performance.now() - fromMs) / 1_000;
  return { perSecond: requests / seconds, cpuUs: ((cpu() - before) / requests) * 1e6 };
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}
