// A probe must run where there is nothing but node: its text may import nothing else, and its
// answer is JSON.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runOnHost } from './host-probes.ts';
import { createProbes } from './probe-program.ts';

const folder = new URL('./probes/', import.meta.url);

for (const file of readdirSync(folder)) {
  test(`${file} imports only from node and reads its input from the constant`, () => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const from = [...text.matchAll(/\bfrom '([^']+)'/g)].map((match) => match[1] ?? '');
    assert.deepEqual(
      from.filter((name) => !name.startsWith('node:')),
      [],
    );
    assert.ok(!/\bimport\(|\brequire\(/.test(text));
    assert.match(text, /declare const probeInput: /);
  });
}

test('what a probe cannot say as JSON rejects', async () => {
  const probes = await createProbes(async () => 'not json');
  await assert.rejects(
    probes.reach('llm', { targets: [], deadlineMs: 1, answerMs: 1 }),
    SyntaxError,
  );
});

test('a program that fails on the host is told with its last line', async () => {
  await assert.rejects(runOnHost('throw new Error("broken")', {}, 20_000), /ended with 1/);
});

test('a program that hangs on the host is ended', async () => {
  await assert.rejects(runOnHost('setInterval(() => 0, 1000)', {}, 500), /ended with null/);
});

test('a service listens where its system probe says', async () => {
  const probes = await createProbes((_, program, input) => runOnHost(program, input, 20_000));
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { listeners, heldSockets } = await probes.system('host', { attempts: [], scratch: [] });
  server.close();
  const found = listeners.find((each) => each.port === port && each.protocol === 'tcp4');
  assert.equal(found?.address, '127.0.0.1');
  assert.ok(heldSockets.includes(found?.inode ?? ''));
});
