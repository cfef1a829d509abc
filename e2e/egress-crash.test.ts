// The egress proxy as a program under load: killed with SIGKILL and started again it has lost no
// tunnel that anybody saw end, and a change of its rules ends thousands of tunnels and no other.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { echo, echoedTunnel, farName, nextBytes, openFarEnd } from '../src/testing/far-end.ts';
import { type Folder, temporaryFolder } from '../src/testing/wire.ts';

const program = new URL('../src/cli/serve.ts', import.meta.url).pathname;
/**
 * `npm run stress:egress` has 10,000, for which the proxy needs some more than 20,000 descriptors;
 * where it may not have them: `TUNNELS=9900 npm run stress:egress`.
 */
const tunnels = Number(process.env.TUNNELS ?? 2_000);
const unbounded = { tunnelsMax: 1e5, tunnelsTotalMax: 1e5, tunnelsPerSecondMax: 1e6 };

interface Proxy extends AsyncDisposable {
  readonly address: string;
  readonly child: ChildProcess;
  /** Of the log so far, over all starts in this folder. */
  records(): readonly Record<string, unknown>[];
  waitFor(event: string): Promise<void>;
}

const rulesFor = (...ports: number[]) =>
  JSON.stringify({
    rules: [{ caller: 'llm', hosts: [farName], ports }],
    resolve: { [farName]: ['127.0.0.1'] },
    unsafeAllowAddresses: ['127.0.0.1'],
  });

/** Its log is a file that is appended to, as a supervisor does it. */
async function startProxy(folder: Folder, ports: readonly number[]): Promise<Proxy> {
  const [log, rules] = [join(folder.path, 'log'), join(folder.path, 'rules.json')];
  const file = join(folder.path, 'settings.json');
  const address = `unix:${join(folder.path, 'proxy.sock')}`;
  const listen = [{ address, caller: 'llm' }];
  const policyFile = { path: rules };
  const settings = {
    service: 'egress',
    admin: [],
    listen,
    rules: [],
    policyFile,
    limits: unbounded,
  };
  await writeFile(file, JSON.stringify(settings));
  await writeFile(rules, rulesFor(...ports));
  const records = () => {
    const lines = readFileSync(log, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  };
  const before = openSync(log, 'a');
  const startsBefore = records().filter(({ event }) => event === 'serving').length;
  const child = spawn(process.execPath, [program, 'egress', '--settings', file], {
    stdio: ['ignore', 'ignore', before],
  });
  const proxy: Proxy = {
    address,
    child,
    records,
    async waitFor(event) {
      const count = event === 'serving' ? startsBefore : 0;
      while (records().filter((one) => one.event === event).length <= count) {
        assert.equal(child.exitCode, null);
        await sleep(20);
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
  await proxy.waitFor('serving');
  return proxy;
}

/** Opens and ends tunnels one after the other until the proxy is gone; tells which were over. */
async function churn(proxy: Proxy, port: number, name: string, over: (id: string) => void) {
  for (let count = 0; ; count += 1) {
    const id = `${name}-${count}`;
    let client: Socket;
    try {
      client = await echoedTunnel(proxy, port, id);
    } catch {
      return;
    }
    client.end();
    if ((await ending(client)) !== 'end') return;
    over(id);
  }
}

function ending(client: Socket): Promise<'end' | 'cut'> {
  return new Promise((resolve) => {
    client.resume().once('end', () => resolve('end'));
    client.once('close', () => resolve('cut'));
  });
}

test('whoever saw a tunnel end finds its record, also when the proxy was killed right then', async () => {
  await using folder = await temporaryFolder();
  await using far = await openFarEnd(echo);
  const seen: string[] = [];
  for (const life of ['first', 'second', 'third']) {
    await using proxy = await startProxy(folder, [far.port]);
    const count = seen.length;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        churn(proxy, far.port, `${life}-${index}`, (id) => {
          // What ends after the kill may have been ended by it: the system closes what was open.
          if (proxy.child.killed) return;
          seen.push(id);
          if (seen.length === count + 150) proxy.child.kill('SIGKILL');
        }),
      ),
    );
    const recorded = new Set(proxy.records().map(({ requestId }) => requestId));
    assert.equal(seen.length, count + 150);
    assert.deepEqual(
      seen.filter((id) => !recorded.has(id)),
      [],
    );
  }
});

test(`new rules end each of ${tunnels} tunnels that they no longer allow, and no other`, async () => {
  const half = tunnels / 2;
  await using folder = await temporaryFolder();
  await using far = await openFarEnd(echo);
  await using other = await openFarEnd(echo);
  await using proxy = await startProxy(folder, [far.port, other.port]);
  const open = async (port: number, name: string) => {
    const clients: Socket[] = [];
    for (let index = 0; index < half; index += 50) {
      const ids = Array.from({ length: 50 }, (_, i) => `${name}-${index + i}`);
      clients.push(...(await Promise.all(ids.map((id) => echoedTunnel(proxy, port, id)))));
    }
    return clients;
  };
  const doomed = await open(far.port, 'doomed');
  const kept = await open(other.port, 'kept');
  const ends = Promise.all(doomed.map((client) => once(client.resume(), 'close')));
  await writeFile(join(folder.path, 'new.json'), rulesFor(other.port));
  await rename(join(folder.path, 'new.json'), join(folder.path, 'rules.json'));
  proxy.child.kill('SIGHUP');
  await ends;
  const answers = kept.map((client) => {
    client.write('still here');
    return nextBytes(client);
  });
  assert.ok((await Promise.all(answers)).every((bytes) => bytes.toString() === 'still here'));
  await proxy.waitFor('tunnels-judged-anew');
  const [judged] = proxy.records().filter(({ event }) => event === 'tunnels-judged-anew');
  assert.deepEqual([judged?.ended, judged?.kept], [half, half]);
  const ended = proxy.records().filter(({ event }) => event === 'decision');
  assert.ok(ended.length === half && ended.every(({ end }) => end === 'rules-changed'));
  for (const client of kept) client.destroy();
});
