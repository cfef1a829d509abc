// The egress proxy as a process: a record on a full disk stops what is new, a kill loses no tunnel
// that is closed, and many tunnels live through a reload.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectThrough } from '../net/connect-client.ts';
import { echo, echoedTunnel, type FarEnd, farName, gone, openFarEnd } from '../testing/far-end.ts';
import { type Folder, temporaryFolder } from '../testing/wire.ts';

let folder: Folder;
let far: FarEnd;
const started: ChildProcess[] = [];
before(async () => {
  folder = await temporaryFolder();
  far = await openFarEnd(echo);
});
after(async () => {
  for (const child of started) child.kill('SIGKILL');
  await far[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const path = (name: string) => join(folder.path, name);
const address = () => `unix:${path('sock')}`;
const rules = (...ports: number[]) =>
  JSON.stringify({
    rules: [{ caller: 'llm', hosts: [farName], ports }],
    resolve: { [farName]: ['127.0.0.1'] },
    unsafeAllowAddresses: ['127.0.0.1'],
  });

async function start(log: string): Promise<ChildProcess> {
  await writeFile(path('rules.json'), rules(far.port));
  const settings = {
    service: 'egress',
    admin: [],
    listen: [{ address: address(), caller: 'llm' }],
    rules: [],
    policyFile: { path: path('rules.json') },
    limits: { tunnelsMax: 2_000, tunnelsPerSecondMax: 10_000 },
  };
  await writeFile(path('settings.json'), JSON.stringify(settings));
  const fd = openSync(log, 'a');
  const program = join(import.meta.dirname, 'serve.ts');
  const child = spawn(process.execPath, [program, 'egress', '--settings', path('settings.json')], {
    stdio: ['ignore', fd, fd],
  });
  started.push(child);
  while (child.exitCode === null && !(await canConnect())) {
    await new Promise((done) => setTimeout(done, 20));
  }
  return child;
}

function canConnect(): Promise<boolean> {
  const socket = connect(path('sock'));
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).then((open) => {
    socket.destroy();
    return open === true;
  });
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

async function recordedIds(log: string): Promise<string[]> {
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
  const records = lines.map((line) => JSON.parse(line)).filter((one) => one.event === 'decision');
  return records.map((record) => record.requestId);
}

/** A record is written a moment after its client has seen the end. */
async function untilRecorded(log: string, id: string): Promise<void> {
  while (!(await recordedIds(log)).includes(id)) {
    await new Promise((done) => setTimeout(done, 20));
  }
}

test('on a full disk nothing new passes', async () => {
  const child = await start('/dev/full');
  const refused = connectThrough(address(), farName, far.port, 'r', 5_000);
  await assert.rejects(refused, {
    answer: { status: 503, reason: 'record-unavailable', requestId: 'r' },
  });
  assert.deepEqual(far.sockets, []);
  await stop(child, 'SIGTERM');
  assert.equal(child.exitCode, 0);
});

test('a kill under load loses no record of a tunnel that was closed, and a restart serves on', async () => {
  const log = path('killed.log');
  const child = await start(log);
  const egress = { address: address() };
  const open: Socket[] = [];
  for (let i = 0; i < 20; i += 1) open.push(await echoedTunnel(egress, far.port, `open-${i}`));
  const closed = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const client = await echoedTunnel(egress, far.port, `closed-${i}`);
      client.end();
      await gone(client);
      return `closed-${i}`;
    }),
  );
  for (const id of closed) await untilRecorded(log, id);
  await stop(child, 'SIGKILL');
  assert.deepEqual((await recordedIds(log)).sort(), closed.sort());
  for (const client of open) await gone(client);
  const again = await start(log);
  const client = await echoedTunnel(egress, far.port, 'after');
  client.end();
  await gone(client);
  await untilRecorded(log, 'after');
  await stop(again, 'SIGTERM');
});

test('a thousand tunnels live through a reload that allows them, and end at one that does not', async () => {
  const log = path('reload.log');
  const child = await start(log);
  const egress = { address: address() };
  const open: Socket[] = [];
  for (let i = 0; i < 1_000; i += 50) {
    const some = Array.from({ length: 50 }, (_, j) => echoedTunnel(egress, far.port, `t-${i + j}`));
    open.push(...(await Promise.all(some)));
  }
  const ended = open.map(gone);
  const taken = async (count: number) => {
    while ((await readFile(log, 'utf8')).split('"tunnels-judged-anew"').length <= count) {
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  await writeFile(path('rules.json'), rules(far.port, 8_443));
  child.kill('SIGHUP');
  await taken(1);
  assert.ok(open.every((client) => !client.destroyed));
  await writeFile(path('rules.json'), rules(8_443));
  child.kill('SIGHUP');
  await taken(2);
  await Promise.all(ended);
  await stop(child, 'SIGTERM');
  const ids = await recordedIds(log);
  assert.deepEqual([ids.length, new Set(ids).size], [1_000, 1_000]);
});
