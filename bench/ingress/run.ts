// Our own ingress beside nginx and Caddy, interleaved in one run on one machine, each with the same
// settings, certificate and service behind: `node bench/ingress/run.ts [--rounds 3] [--requests
// 400]`. Both programs have to be on the PATH. All of it is in a network namespace of its own.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { makeLocalCertificate } from '../../src/cli/certificate.ts';
import { inNamespace } from '../namespace.ts';
import { stop } from '../process.ts';
import { cpuSecondsOf, residentBytesOf } from '../usage.ts';
import {
  type Contender,
  caIn,
  type Name,
  names,
  startBackend,
  startContender,
} from './contenders.ts';
import { type Kind, kinds, timesOf } from './load.ts';

const { values: asked } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '400' },
  },
});
const rounds = Number(asked.rounds);
const requests = Number(asked.requests);
const atOnce = 8;

/** Of one figure, all rounds. */
type Figures = Map<string, Map<Name, number[]>>;

await inNamespace(async (folder) => {
  const made = await makeLocalCertificate([], Date.now());
  writeFileSync(join(folder, 'cert.pem'), made.certPem);
  writeFileSync(join(folder, 'key.pem'), made.keyPem, { mode: 0o600 });
  writeFileSync(join(folder, 'ca.pem'), made.caPem);
  const backend = await startBackend(folder);
  while (!existsSync(join(folder, 'backend.sock'))) await sleep(20);
  const contenders: Contender[] = [];
  for (const name of names) contenders.push(await startContender(name, folder));
  const figures: Figures = new Map();
  const note = (what: string, name: Name, value: number) => {
    const row = figures.get(what) ?? new Map<Name, number[]>();
    figures.set(what, row.set(name, [...(row.get(name) ?? []), value]));
  };
  for (const { name, process: running } of contenders) {
    note('memory before, MB', name, residentBytesOf(running.pid) / 1e6);
  }
  // The first round is to be warm by, and does not count.
  for (let round = 0; round <= rounds; round += 1) {
    for (const kind of kinds) {
      for (const contender of contenders) {
        const measured = await measure(kind, contender, caIn(folder));
        if (round === 0) continue;
        for (const [what, value] of measured) note(`${kind.name}: ${what}`, contender.name, value);
      }
    }
  }
  for (const { name, process: running } of contenders) {
    note('memory after, MB', name, residentBytesOf(running.pid) / 1e6);
  }
  for (const running of [...contenders.map((each) => each.process), backend]) await stop(running);
  process.stdout.write(table(figures));
});

async function measure(
  kind: Kind,
  { port, process: { pid } }: Contender,
  ca: string,
): Promise<readonly (readonly [what: string, value: number])[]> {
  const door = await kind.open({ port, ca });
  try {
    await timesOf(door.ask, atOnce, atOnce);
    const before = cpuSecondsOf(pid);
    const times = await timesOf(door.ask, requests, atOnce);
    const cpu = ((cpuSecondsOf(pid) - before) / requests) * 1e6;
    const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
    return [
      ['CPU, µs', cpu],
      ['p50, ms', at(0.5)],
      ['p99, ms', at(0.99)],
    ];
  } finally {
    door.close();
  }
}

/** Markdown: the median of each figure, and ours divided by the others'. */
function table(figures: Figures): string {
  const rows = [...figures].map(([what, row]) => {
    const [ours = 0, ...others] = names.map((name) => median(row.get(name) ?? []));
    const ratios = others.map((other) => (ours / other).toFixed(2));
    return [what, ...[ours, ...others].map(shown), ...ratios];
  });
  const head = ['', ...names, ...names.slice(1).map((name) => `clincher to ${name}`)];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n${rounds} rounds of ${requests} requests, ${atOnce} at a time\n`;
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
