// The egress proxy beside Smokescreen, interleaved in one run on one machine:
// `node bench/egress/run.ts --smokescreen PROGRAM [--rounds 5]`. Without a PROGRAM, ours alone.
// Everything happens in a network namespace of its own with nothing but loopback.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeLocalCertificate } from '../../src/cli/certificate.ts';
import { inNamespace } from '../namespace.ts';
import { stop } from '../process.ts';
import { cpuSecondsOf, residentBytesOf } from '../usage.ts';
import { type Contender, type Setting, startOurs, startSmokescreen } from './contenders.ts';
import { recordHello } from './hello.ts';
import { carry, holdOpen, newTunnels, proveTls, type Way } from './load.ts';
import { type Sample, table } from './report.ts';

const host = 'upstream.example.com';
const { values: asked } = parseArgs({
  options: {
    smokescreen: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    warm: { type: 'string', default: '15000' },
    tunnels: { type: 'string', default: '2000' },
    megabytes: { type: 'string', default: '1000' },
    idle: { type: 'string', default: '10000' },
    'node-option': { type: 'string', multiple: true, default: [] },
  },
});
const names = asked.smokescreen === undefined ? ['clincher'] : ['clincher', 'smokescreen'];
const [rounds, tunnels, bytes, idle] = [
  Number(asked.rounds),
  Number(asked.tunnels),
  Number(asked.megabytes) * 1e6,
  Number(asked.idle),
];

await inNamespace(measureAll, `127.0.0.1 localhost ${host}\n`);

async function measureAll(folder: string): Promise<void> {
  const { caPem, certPem, keyPem } = await makeLocalCertificate([host], Date.now());
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(cert, certPem);
  writeFileSync(key, keyPem);
  const farEnd = spawn(process.execPath, [join(import.meta.dirname, 'far-end.ts'), cert, key], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ports = await portsOf(farEnd);
  const hello = await recordHello(host);
  const setting: Setting = { folder, host, farPorts: [ports.canned, ports.tls] };
  const contenders: Contender[] = [];
  try {
    for (const name of names) contenders.push(await start(name, setting));
    const samples: Sample[] = [];
    const wayOf = ({ port }: Contender): Way => ({
      proxyPort: port,
      host,
      farPort: ports.canned,
      hello,
    });
    for (const one of contenders) {
      await proveTls(wayOf(one), ports.tls, caPem);
      await newTunnels(wayOf(one), Number(asked.warm), 32); // Nobody is measured cold.
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const one of contenders) samples.push(...(await measure(one, wayOf(one))));
      contenders.reverse();
    }
    for (const old of contenders.splice(0)) {
      await stop(old.process);
      const fresh = await start(old.name, setting);
      contenders.push(fresh);
      samples.push(...(await measureIdle(fresh, wayOf(fresh))));
    }
    process.stdout.write(table(samples, { rounds, tunnels, bytes, idle: idleMax() }));
  } finally {
    for (const one of contenders) await stop(one.process);
    farEnd.kill();
  }
}

function start(name: string, setting: Setting): Promise<Contender> {
  return name === 'clincher' || asked.smokescreen === undefined
    ? startOurs(setting, asked['node-option'])
    : startSmokescreen(setting, asked.smokescreen);
}

async function portsOf(child: ChildProcess): Promise<{ canned: number; tls: number }> {
  if (child.stdout === null) throw new Error('the far end has no output');
  const [line] = await once(child.stdout, 'data');
  return JSON.parse(String(line));
}

async function measure({ name, process: { pid } }: Contender, way: Way): Promise<Sample[]> {
  const samples: Sample[] = [];
  const add = (what: Sample['what'], value: number) => samples.push({ name, what, value });
  let before = cpuSecondsOf(pid);
  const times = await newTunnels(way, tunnels, 32);
  add('cpu a new tunnel', ((cpuSecondsOf(pid) - before) / tunnels) * 1e6);
  add('new tunnels a second', tunnels / times.seconds);
  const one = await newTunnels(way, Math.min(tunnels, 500), 1);
  const at = (share: number, list: readonly number[]) => list[Math.floor(list.length * share)] ?? 0;
  add('CONNECT p50, 32 at a time', at(0.5, times.connectMs));
  add('CONNECT p99, 32 at a time', at(0.99, times.connectMs));
  add('CONNECT p50, one at a time', at(0.5, one.connectMs));
  for (const direction of ['down', 'up'] as const) {
    for (const count of [1, 100] as const) {
      before = cpuSecondsOf(pid);
      const seconds = await carry(way, count, bytes, direction);
      const through =
        count === 1 ? (`${direction}, 1 tunnel` as const) : (`${direction}, 100 tunnels` as const);
      add(`cpu a gigabyte ${through}`, (cpuSecondsOf(pid) - before) / (bytes / 1e9));
      add(`bytes a second ${through}`, bytes / 1e6 / seconds);
    }
  }
  return samples;
}

/** As many as the descriptors of one process allow: the proxy needs two a tunnel. */
function idleMax(): number {
  const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return Math.min(idle, Math.floor((Number(line?.[1]) - 100) / 2));
}

async function measureIdle(contender: Contender, way: Way): Promise<Sample[]> {
  const { name } = contender;
  const { pid } = contender.process;
  if (idle === 0) return [];
  await newTunnels(way, 500, 32);
  const before = residentBytesOf(pid);
  const held = await holdOpen(way, idleMax());
  const added = (residentBytesOf(pid) - before) / held.length;
  for (const socket of held) socket.destroy();
  return [
    { name, what: 'memory before', value: before / 1e6 },
    { name, what: 'memory an idle tunnel', value: added / 1e3 },
  ];
}
