// The attacks of a tool's command in a real stack: from the agent's jail by ssh, as the agent does
// it, into a jail that the driver makes. None of them succeeds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOptions } from '../src/testing/example-options.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { shortly } from '../src/testing/raw-verification.ts';
import { bringUpVerified, inJails } from '../src/testing/verified-stack.ts';
import { attackTables } from '../src/verify/attacks/index.ts';
import { attackRows } from '../src/verify/run-attacks.ts';

inOwnNetwork(import.meta.url, {}, () => {
  test('a command in the sandbox of a running stack reaches nothing', async () => {
    const { sandbox } = exampleOptions();
    await using stack = await bringUpVerified(inJails({ sandbox: { ...sandbox, backend: 'ssh' } }));
    const { topology, plan, driver } = stack;
    const tables = attackTables.filter(({ kind }) => kind === 'sandbox' || kind === 'path');
    const rows = await attackRows(topology, plan, driver, 120_000, tables);
    const differ = rows.filter(({ verdict }) => verdict === 'difference');
    assert.deepEqual(differ.map(shortly), []);
    const inside = rows.filter(({ what }) => what.includes('in a command'));
    assert.ok(inside.length > 100, String(inside.length));
    assert.deepEqual([...new Set(inside.map(({ from }) => from))], ['sandbox']);
  });
});
