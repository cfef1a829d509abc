// Slow clients at a guard: ended at its own bound in the words of the tables; and a guard that
// waits for them is found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startIngress } from '../testing/ingress.ts';
import { slowTables } from './attacks/slow/tables.ts';
import { runOnHost } from './host-probes.ts';
import { createProbes } from './probe-program.ts';
import { judgeAnswer } from './wire-attacks.ts';

const attacks = slowTables.flatMap((table) => (table.guard === 'ingress' ? table.attacks : []));

/** What each is judged as, by what it tries, and what came back. */
async function fired(port: number, deadlineMs: number): Promise<Readonly<Record<string, string>>> {
  const { fire } = await createProbes((_, program, input) => runOnHost(program, input, 60_000));
  const shots = attacks.map(({ bytes, isDripped }, id) => ({
    ...{ id, at: { host: '127.0.0.1', port }, serverName: 'localhost', bytes },
    ...(isDripped === true ? { dripMs: 50 } : {}),
  }));
  const waits = { atOnce: 8, deadlineMs, quietMs: 150, busy: [], files: {} };
  const heard = await fire('host', { shots, ...waits });
  const told = attacks.map((attack, id): [string, string] => [
    attack.tries,
    judgeAnswer(
      attack,
      heard.find((one) => one.id === id),
    ).observed,
  ]);
  return Object.fromEntries(told);
}

test('a slow client is ended at the bound of the guard, and told so', async () => {
  await using ingress = await startIngress([], { limits: { headerTimeoutMs: 1_000 } });
  assert.deepEqual(await fired(ingress.port, 40_000), {
    'begin a head and leave it': 'denied',
    'send a head a byte at a time': 'denied',
  });
});

test('a guard that waits for slow clients is found', async () => {
  await using ingress = await startIngress([], { limits: { headerTimeoutMs: 60_000 } });
  assert.deepEqual(await fired(ingress.port, 1_500), {
    'begin a head and leave it': 'unknown',
    'send a head a byte at a time': 'unknown',
  });
});
