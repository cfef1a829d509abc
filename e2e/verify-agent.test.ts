// An agent that wants verification to be green: it can end a probe or be in its way, which is red,
// and it can answer in nobody's place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { askPeeking, lingering, peekingAgent, withAgent } from '../src/testing/peeking-agent.ts';
import { bringUpVerified, type VerifiedStack } from '../src/testing/verified-stack.ts';
import { attackTables } from '../src/verify/attacks/index.ts';
import type { KernelAttack, KernelTable } from '../src/verify/attacks/model.ts';
import { kernelRows } from '../src/verify/inside-attacks.ts';
import { createProbes } from '../src/verify/probe-program.ts';

/** What the kernel is asked where the agent is. */
async function askedByAgent({ plan, driver }: VerifiedStack) {
  const tables = attackTables.filter(
    (table): table is KernelTable => table.class === 'kernel-raw-sockets',
  );
  const inside = await createProbes((service, program, input) =>
    driver.probe(service, program, input, 60_000),
  );
  const memory = { has: () => true, callsOf: ({ calls }: KernelAttack) => calls };
  return kernelRows('gateway', tables, { plan, inside, memory });
}

/** Whatever is put into a folder to be run there says that it was refused: exit code 1, EPERM. */
const swapping = `
import { createServer } from 'node:http';
import { renameSync, watch, writeFileSync } from 'node:fs';
createServer((_, response) => response.end('{}')).listen(18789, '127.0.0.1');
let number = 0;
watch('/tmp', (_, name) => {
  if (!name?.startsWith('.clincher-probe-')) return;
  try {
    const mine = '/tmp/mine-' + (number += 1);
    writeFileSync(mine, '#!/bin/false\\n', { mode: 0o700 });
    renameSync(mine, '/tmp/' + name);
  } catch {}
});
`;

/** Nothing can be put there. */
const closing = `
import { createServer } from 'node:http';
import { chmodSync } from 'node:fs';
createServer((_, response) => response.end('{}')).listen(18789, '127.0.0.1');
for (const folder of ['/tmp', '/dev/shm', '/var/lib/clincher']) {
  try { chmodSync(folder, 0); } catch {}
}
`;

inOwnNetwork(import.meta.url, {}, () => {
  test('an agent neither sees a probe nor answers for what it asks of the kernel', async () => {
    await using stack = await bringUpVerified();
    await stack.plant('gateway', withAgent(peekingAgent));
    await stack.driver.probe('gateway', lingering, null, 20_000);
    const seen = await stack.driver.probe('gateway', askPeeking, null, 20_000);
    assert.deepEqual(JSON.parse(seen), []);

    assert.ok((await askedByAgent(stack)).every(({ observed }) => observed === 'denied'));
    for (const [program, evidence] of [
      [swapping, /^changed/],
      [closing, /^closed/],
    ] as const) {
      await stack.plant('gateway', withAgent(program));
      const rows = await askedByAgent(stack);
      assert.ok(rows.length > 0);
      for (const row of rows) {
        assert.equal(row.observed, 'unknown', row.evidence);
        assert.match(row.evidence, evidence);
      }
    }
  });
});
