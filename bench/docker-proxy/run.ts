// docker-proxy beside HAProxy and the daemon alone, interleaved call by call in one run:
// `node bench/docker-proxy/run.ts [--inspects 2000] [--execs 100] [--streams 1000]`, as root, with
// dockerd, busybox and haproxy installed. Everything is local.

import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDockerDaemon } from '../../src/testing/docker-daemon.ts';
import { cpuSecondsOf, residentBytesOf } from '../usage.ts';
import { exec, inspect, type Route } from './calls.ts';
import { type Contender, startHaproxy, startOurs, stop } from './contenders.ts';
import { type Figures, table } from './report.ts';

const { values: asked } = parseArgs({
  options: {
    inspects: { type: 'string', default: '2000' },
    execs: { type: 'string', default: '100' },
    streams: { type: 'string', default: '1000' },
  },
});
const [inspects, execs, streams] = [asked.inspects, asked.execs, asked.streams].map(Number) as [
  number,
  number,
  number,
];
const megabyte = 1_000_000;
const streamsAtOnce = 16;

await using daemon = await startDockerDaemon();
const folder = join(daemon.folder, 'bench');
mkdirSync(folder);
chmodSync(folder, 0o777);
const ours = await startOurs({ ...daemon, folder });
const haproxy = await startHaproxy({ ...daemon, folder });
try {
  // Made through ours, so that it is ours to use; HAProxy does not look whose a container is.
  const container = await ours.makeSandbox(daemon.image);
  const contenders: readonly Contender[] = [
    { name: 'direct', socket: daemon.socket, pid: null },
    { name: 'clincher', socket: ours.socket, pid: ours.pid },
    { name: 'haproxy', socket: haproxy.socket, pid: haproxy.pid },
  ];
  await measureAll(contenders, container);
} finally {
  await stop(haproxy);
  await stop(ours);
}

async function measureAll(contenders: readonly Contender[], container: string): Promise<void> {
  const figures: Figures[] = [];
  for (const [what, count, call] of [
    ['inspect', inspects, (route: Route) => inspect(route, container)],
    ['exec', execs, (route: Route) => exec(route, container, ['true'])],
  ] as const) {
    await interleaved(contenders, Math.ceil(count / 10), call); // Nobody is measured cold.
    figures.push(...(await interleaved(contenders, count, call)).map((one) => ({ what, ...one })));
  }
  process.stdout.write(table(figures, { inspects, execs }));
  process.stdout.write(await manyStreams(contenders[1] ?? fail(), container));
}

type Timed = Omit<Figures, 'what'>;

/** Call by call in turns, so that whatever else the machine does happens to all alike. */
async function interleaved(
  contenders: readonly Contender[],
  count: number,
  call: (route: Route) => Promise<unknown>,
): Promise<readonly Timed[]> {
  const routes = contenders.map((contender) => ({
    contender,
    route: { socket: contender.socket },
  }));
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  const before = contenders.map(({ pid }) => (pid === null ? 0 : cpuSecondsOf(pid)));
  for (let index = 0; index < count; index += 1) {
    for (const { contender, route } of routes) {
      const started = performance.now();
      await call(route);
      times.get(contender.name)?.push(performance.now() - started);
    }
    routes.push(...routes.splice(0, 1)); // Whoever comes after another in turn changes too.
  }
  return contenders.map(({ name, pid }, index) => ({
    name,
    ms: (times.get(name) ?? []).sort((a, b) => a - b),
    cpuMicroseconds:
      pid === null ? null : ((cpuSecondsOf(pid) - (before[index] ?? 0)) / count) * 1e6,
  }));
}

/** Through ours: whether memory stays where it is. */
async function manyStreams({ socket, pid }: Contender, container: string): Promise<string> {
  if (pid === null) return '';
  const command = ['head', '-c', String(megabyte), '/dev/zero'];
  const some = async (count: number) => {
    let left = count;
    const one = async () => {
      for (; left > 0; ) {
        left -= 1;
        const bytes = await exec({ socket }, container, command);
        if (bytes < megabyte) throw new Error(`only ${bytes} bytes came`);
        most = Math.max(most, residentBytesOf(pid));
      }
    };
    await Promise.all(Array.from({ length: streamsAtOnce }, one));
  };
  let most = 0;
  await some(Math.ceil(streams / 10));
  const cpu = cpuSecondsOf(pid);
  const resident = [residentBytesOf(pid)];
  most = 0;
  for (let quarter = 0; quarter < 4; quarter += 1) {
    await some(streams / 4);
    resident.push(residentBytesOf(pid));
  }
  const megabytes = (bytes: number) => (bytes / megabyte).toFixed(0);
  const used = ((cpuSecondsOf(pid) - cpu) / streams) * 1e3;
  return (
    `\n${streams} exec streams of 1 MB through clincher, ${streamsAtOnce} at a time: resident ` +
    `${resident.map(megabytes).join(', ')} MB before and after each quarter of them, ` +
    `${megabytes(most)} MB at most; ${used.toFixed(1)} ms CPU a stream.\n`
  );
}

function fail(): never {
  throw new Error('there is no contender');
}
