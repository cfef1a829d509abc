// The attacks of a command in the sandbox, through the real door into a real jail: all are refused
// as their tables say. Of the same without a jail some succeed, and the canary is met.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOwnNetwork } from '../testing/netns.ts';
import { openSandbox } from '../testing/sandbox.ts';
import { attackTables } from './attacks/index.ts';
import type { KernelTable, PathTable, SandboxTable } from './attacks/model.ts';
import { openCanaries } from './canary.ts';
import { runOnHost } from './host-probes.ts';
import type { Row } from './model.ts';
import { createProbes } from './probe-program.ts';
import { commandInside, rowsThrough } from './sandbox-attacks.ts';
import { openSharedMemory } from './shared-memory.ts';
import type { Battlefield } from './wire-attacks.ts';

const tables = {
  kernel: attackTables.filter((table): table is KernelTable => table.kind === 'kernel'),
  path: attackTables.filter((table): table is PathTable => table.kind === 'path'),
  sandbox: attackTables.filter((table): table is SandboxTable => table.kind === 'sandbox'),
};

/** Rows of all that is tried by these words, and how often the canaries were met. */
async function rowsBy(argv: readonly string[], chosen: typeof tables) {
  await using canaries = await openCanaries();
  const probes = await createProbes((_, program, input) => runOnHost(program, input, 60_000));
  await using memory = await openSharedMemory(probes);
  const field = { inside: probes, canaries, memory } as unknown as Battlefield;
  const rows = await rowsThrough('sandbox', { from: 'host', argv }, chosen, field);
  return { rows, met: canaries.contacts() };
}

const shortly = ({ what, observed, evidence }: Row) => `${what}: ${observed}, ${evidence}`;

inOwnNetwork(import.meta.url, {}, () => {
  test('from inside a command nothing is reached, read or given', async () => {
    await using sandbox = await openSandbox();
    const { rows, met } = await rowsBy([...sandbox.sshArgv, commandInside], tables);
    const differ = rows.filter(({ verdict }) => verdict === 'difference');
    assert.deepEqual(differ.map(shortly), []);
    assert.equal(met, 0);
    assert.ok(rows.length > 150, String(rows.length));
  });

  test('what lies in the folder that a command starts in does not answer for it', async () => {
    await using sandbox = await openSandbox();
    for (const name of ['json', 'socket', 'sitecustomize'])
      await sandbox.ssh(`echo 'raise SystemExit(0)' > ${name}.py`);
    const files = { ...tables, kernel: [], path: [] };
    const { rows } = await rowsBy([...sandbox.sshArgv, commandInside], files);
    const differ = rows.filter(({ verdict }) => verdict === 'difference');
    assert.deepEqual(differ.map(shortly), []);
    assert.ok(rows.length > 0);
  });

  test('where there is no jail, the canaries are met and files are read', async () => {
    const { rows, met } = await rowsBy(['python3', '-'], { ...tables, kernel: [], path: [] });
    const open = rows.filter(({ observed }) => observed === 'open').map(({ what }) => what);
    assert.ok(open.includes('sandbox-reach: in a command, open a port of the host'));
    assert.ok(open.includes('sandbox-reach: in a command, call a name without a file'));
    assert.ok(open.includes('sandbox-files: in a command, read a file of the host'));
    assert.ok(met >= 2);
  });

  test('a sandbox that runs no command is a difference', async () => {
    const { rows } = await rowsBy(['false'], tables);
    assert.ok(rows.length > 0);
    assert.ok(rows.every(({ observed }) => observed === 'unknown'));
  });
});
