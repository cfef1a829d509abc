// The attacks on the real stack, guards and jails as they are: every one is refused for the
// declared reason, and nothing that a guard was asked to dial was met.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OutsideCanaries, openOutside } from '../src/testing/canary-outside.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { bringUpVerified, type VerifiedStack } from '../src/testing/verified-stack.ts';
import type { Report, Row } from '../src/verify/model.ts';

const attacksOf = ({ rows }: Report): readonly Row[] => rows.filter(({ via }) => via === 'attack');

inOwnNetwork(import.meta.url, {}, () => {
  let outside: OutsideCanaries;
  let stack: VerifiedStack;
  before(async () => {
    outside = await openOutside();
    stack = await bringUpVerified();
  });
  after(async () => {
    await stack?.[Symbol.asyncDispose]();
    await outside?.[Symbol.asyncDispose]();
  });

  test('every attack is refused for the declared reason, and nobody outside is met', async (context) => {
    const startedMs = performance.now();
    const attacks = attacksOf(await stack.verify(true));
    const failed = attacks.filter(({ verdict }) => verdict !== 'as-declared');
    const lines = failed.map((row) => `${row.from} -> ${row.to} ${row.what}: ${row.evidence}`);
    assert.deepEqual(lines, []);
    assert.ok(attacks.length >= 300, String(attacks.length));
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    context.diagnostic(`${attacks.length} attacks, with the matrix ${seconds} s`);
  });
});
