// Canaries answer on the host and nowhere else, leave nothing behind, and one that is dead makes no
// row green.

import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { openCanaries } from './canary.ts';
import { hostReach } from './door-rows.ts';
import { runOnHost } from './host-probes.ts';
import { createProbes } from './probe-program.ts';
import { reachRows } from './reach-rows.ts';
import type { Surveyed } from './survey.ts';
import { type Target, targetKey } from './target.ts';

const waits = { deadlineMs: 3_000, answerMs: 2_000 };
const plan = { version: 1, driver: 'embedded', topologyHash: '', services: [] } as const;
const around = { plan, observed: { topologyHash: null, services: [] } };
const hostProbes = () => createProbes((_, program, input) => runOnHost(program, input, 20_000));

test('every canary answers the host with its token', async () => {
  await using canaries = await openCanaries();
  const { live } = await hostReach(await hostProbes(), around, canaries, waits);
  assert.deepEqual([...live].toSorted(), canaries.targets.map(targetKey).toSorted());
  assert.deepEqual([...new Set(canaries.targets.map(({ kind }) => kind))].toSorted(), [
    ...['abstract', 'tcp', 'udp', 'unix'],
  ]);
});

test("the folder of a canary is its owner's alone, and gone afterwards", async () => {
  const canaries = await openCanaries();
  assert.equal(statSync(dirname(canaries.file)).mode & 0o777, 0o700);
  await canaries[Symbol.asyncDispose]();
  assert.equal(existsSync(canaries.file), false);
});

test('canaries listen on loopback alone', async () => {
  await using canaries = await openCanaries();
  const addresses = canaries.targets.filter(({ kind }) => kind === 'tcp' || kind === 'udp');
  assert.ok(addresses.every(({ address }) => address === '127.0.0.1' || address === '::1'));
});

test('a canary that the host cannot reach makes a service that is cut off unknown, not denied', () => {
  const target: Omit<Target, 'live'> = {
    kind: 'tcp',
    address: '127.0.0.1',
    port: 9,
    token: 't',
    to: 'host',
    via: 'tcp4',
    declared: null,
    comesWithOutside: false,
  };
  const system = { namespaces: { net: 'net:[2]' } };
  const from = { name: 'llm', system, plan: {} } as unknown as Surveyed;
  const host = {
    system: { namespaces: { net: 'net:[1]' } },
  } as unknown as Parameters<typeof reachRows>[3];
  const outcome = [{ id: 0, code: 'ECONNREFUSED', answer: '' }];
  const rowOf = (live: boolean) => reachRows(from, [{ ...target, live }], outcome, host)[0];
  assert.equal(rowOf(true)?.verdict, 'as-declared');
  assert.equal(rowOf(false)?.observed, 'unknown');
  assert.equal(rowOf(false)?.verdict, 'difference');
});
