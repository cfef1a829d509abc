// The attacks of a command in the sandbox, through the real door into a real jail: all are refused
// as their tables say. Of the same without a jail some succeed, and the canary is met.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOwnNetwork } from '../testing/netns.ts';
import { openEverything } from '../testing/open-everything.ts';
import { openSandbox } from '../testing/sandbox.ts';
import { sandboxTables } from '../testing/sandbox-attacks.ts';
import { openCanaries } from './canary.ts';
import { runOnHost } from './host-probes.ts';
import type { Row } from './model.ts';
import { createProbes } from './probe-program.ts';
import { commandInside, rowsThrough, type SandboxAttacks } from './sandbox-attacks.ts';
import { openSharedMemory } from './shared-memory.ts';
import type { Battlefield } from './wire-attacks.ts';

/** Rows of all that is tried by these words, and how often the canaries were met. */
async function rowsBy(argv: readonly string[], chosen: SandboxAttacks) {
  await using canaries = await openCanaries();
  const probes = await createProbes((_, program, input) => runOnHost(program, input, 60_000));
  await using memory = chosen.kernel.length === 0 ? null : await openSharedMemory(probes);
  const field = { inside: probes, canaries, memory } as unknown as Battlefield;
  const run = (input: string) => probes.command('host', { argv, input, deadlineMs: 60_000 });
  const rows = await rowsThrough({ sandbox: 'sandbox', isJail: true, run }, chosen, field);
  return { rows, met: canaries.contacts() };
}

const shortly = ({ what, observed, evidence }: Row) => `${what}: ${observed}, ${evidence}`;

inOwnNetwork(import.meta.url, {}, () => {
  test('from inside a command nothing is reached, read or given', async () => {
    await using sandbox = await openSandbox();
    const { rows, met } = await rowsBy([...sandbox.sshArgv, commandInside], sandboxTables);
    const differ = rows.filter(({ verdict }) => verdict === 'difference');
    assert.deepEqual(differ.map(shortly), []);
    assert.equal(met, 0);
    assert.ok(rows.length > 150, String(rows.length));
  });

  test('what lies in the folder that a command starts in does not answer for it', async () => {
    await using sandbox = await openSandbox();
    for (const name of ['json', 'socket', 'sitecustomize'])
      await sandbox.ssh(`echo 'raise SystemExit(0)' > ${name}.py`);
    const files = { ...sandboxTables, kernel: [], path: [] };
    const { rows } = await rowsBy([...sandbox.sshArgv, commandInside], files);
    const differ = rows.filter(({ verdict }) => verdict === 'difference');
    assert.deepEqual(differ.map(shortly), []);
    assert.ok(rows.length > 0);
  });

  test('where everything is left open, each thing that is tried differs', async () => {
    await using place = await openEverything();
    const { rows, met } = await rowsBy(place.argv, { ...sandboxTables, kernel: [], path: [] });
    const held = rows.filter(({ verdict }) => verdict !== 'difference');
    assert.deepEqual(held.map(shortly), []);
    const unheard = rows.filter(({ observed }) => observed !== 'open').map(({ what }) => what);
    // Nobody can answer from the address of a group.
    assert.deepEqual(unheard, ['sandbox-reach: in a command, tell it to a multicast group']);
    assert.ok(met >= 3);
  });

  test('a sandbox that runs no command is a difference', async () => {
    const { rows } = await rowsBy(['false'], { ...sandboxTables, kernel: [] });
    assert.ok(rows.length > 0);
    assert.ok(rows.every(({ observed }) => observed === 'unknown'));
  });
});
