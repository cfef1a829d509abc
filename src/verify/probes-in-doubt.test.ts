// What a probe takes for a connection, and for the lack of one, where it is short of time or out of
// luck. The rare event is put into its text.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../testing/temp-dir.ts';
import { runOnHost } from './host-probes.ts';
import { inSandbox } from './in-sandbox.ts';
import { createProbes } from './probe-program.ts';

/** The text of a probe with something else in the place of a part of it. */
function changed(text: string, part: string, other: string): string {
  assert.ok(text.includes(part), part);
  return text.replace(part, other);
}

function probe(name: string): string {
  return readFileSync(new URL(`./probes/${name}.ts`, import.meta.url), 'utf8');
}

/** Nobody listens there: somebody did a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function reached(program: string, port: number): Promise<string> {
  const targets = [{ id: 0, kind: 'tcp', address: '127.0.0.1', port, token: null }];
  const waits = { deadlineMs: 10_000, answerMs: 10_000 };
  const [outcome] = JSON.parse(await runOnHost(program, { targets, ...waits }, 60_000));
  return outcome.code;
}

const dialling = 'connect({ host: target.address, port: target.port })';

test('a connection to itself is none', async () => {
  const [port, another] = [await closedPort(), await closedPort()];
  const itself = dialling.replace(' })', ', localPort: target.port })');
  assert.equal(await reached(changed(probe('reach'), dialling, itself), port), 'ECONNREFUSED');

  const python = inSandbox({
    acts: [{ id: 0, does: 'dial', target: `127.0.0.1:${another}` }],
    attempts: [],
  });
  const probes = await createProbes((_, program, input) => runOnHost(program, input, 60_000));
  const input = changed(python, 'int(port)), 1)', `int(port)), 1, ('127.0.0.1', ${another}))`);
  const asked = { argv: ['python3', '-I', '-'], input, deadlineMs: 30_000 };
  const { stdout, stderr } = await probes.command('host', asked);
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout).acts, { 0: 'ECONNREFUSED' });
});

test('a connection that is told of before it is made is tried again, and believed at the third time', async () => {
  const port = await closedPort();
  const early = (times: number) => `
    ((socket) => {
      if ((globalThis.early = (globalThis.early ?? 0) + 1) <= ${times})
        process.nextTick(() => socket.emit('connect'));
      return socket;
    })(${dialling})`;
  const program = (times: number) => changed(probe('reach'), dialling, early(times));
  assert.equal(await reached(program(1), port), 'ECONNREFUSED');
  assert.equal(await reached(program(3), port), 'connected');
});

test('a socket that has answered in the meantime did not keep silent', async () => {
  using folder = tempDir();
  const path = join(folder.path, 'sock');
  const server = createServer((socket) => socket.destroy()).listen(path);
  await once(server, 'listening');
  // The process stands still between asking and hearing, for longer than it would wait.
  const standsStill = `
    const soon = setImmediate;
    const still = () => { for (const end = Date.now() + 100; Date.now() < end; ); };
    globalThis.setImmediate = (...args) => {
      globalThis.setImmediate = soon;
      soon(...args);
      soon(still);
    };
  `;
  const text = changed(
    changed(probe('files'), '5_000', '1'),
    "const folders = ['/'];",
    `const folders = ['${folder.path}'];`,
  );
  const input = { forbidden: [], entriesMax: 1_000, deadlineMs: 10_000 };
  const found = JSON.parse(await runOnHost(`${standsStill}${text}`, input, 60_000));
  server.close();
  const codes = found.sockets.filter((one: { path: string }) => one.path === path);
  assert.deepEqual(
    codes.map(({ code }: { code: string }) => code),
    ['connected'],
  );
});
