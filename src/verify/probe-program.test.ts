// A probe must run where there is nothing but node: its text may import nothing else, and its
// answer is JSON.

import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, renameSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tinyProgram } from '../kit/tiny-program.ts';
import { run } from '../testing/run-program.ts';
import { tempDir } from '../testing/temp-dir.ts';
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

const attempt = { name: 'nothing', elfBase64: tinyProgram(process.arch, [])?.toString('base64') };

/** Root without what lets it pass by the modes of files; anybody else has not got it. */
const plainRoot = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'];

/** What becomes of a program that asks for nothing, run from this folder alone. */
async function outcomeIn(folder: string): Promise<string | undefined> {
  const node = [process.execPath, '-'];
  const argv = process.getuid?.() === 0 ? [...plainRoot, ...node] : node;
  const probes = await createProbes(async (_, program, given) => {
    const input = `const probeInput = ${JSON.stringify(given)};\n${program}`;
    const { code, stdout, stderr } = await run(argv, { input });
    assert.equal(code, 0, stderr);
    return stdout;
  });
  const attempts = [{ ...attempt, elfBase64: attempt.elfBase64 ?? '' }];
  return (await probes.system('host', { attempts, scratch: [folder] })).attempts.nothing;
}

test('a program that somebody else has put in the place of its own does not answer', async () => {
  using folder = tempDir();
  assert.equal(await outcomeIn(folder.path), '0');
  // Once: its own coming is a change, too.
  const watcher = watch(folder.path, (_, name) => {
    watcher.close();
    writeFileSync(join(folder.path, 'mine'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    renameSync(join(folder.path, 'mine'), join(folder.path, name ?? ''));
  });
  assert.equal(await outcomeIn(folder.path), 'changed');
});

test('a folder that its owner has closed is not one that nothing can be run from', async () => {
  using folder = tempDir();
  chmodSync(folder.path, 0o000);
  assert.equal(await outcomeIn(folder.path), 'closed');
  chmodSync(folder.path, 0o700);
});
