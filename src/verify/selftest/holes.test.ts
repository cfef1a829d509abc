// Every way of trying and every class of attacks has a hole that it must find: one without is a
// probe that could be broken, and nobody would know.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attackTables } from '../attacks/index.ts';
import { vias } from '../model.ts';
import { furtherHoles, plantedHoles } from './holes.ts';

const holes = [...plantedHoles, ...furtherHoles];

test('every way of trying has a hole that it must find', () => {
  const found = new Set(holes.flatMap(({ fires }) => fires));
  assert.deepEqual(
    vias.filter((via) => !found.has(via)),
    [],
  );
});

test('every class of attacks has a hole that it must find', () => {
  const found = new Set(holes.flatMap(({ attacks = [] }) => attacks));
  // What is given where no jail is, the selftest asks on the host.
  const onHost: readonly string[] = ['kernel', 'sandbox'];
  const without = attackTables.filter(
    ({ kind, class: name }) => !onHost.includes(kind) && !found.has(name),
  );
  assert.deepEqual(
    without.map((table) => table.class),
    [],
  );
  assert.ok(found.has('canary'));
});

test('no two holes are called the same', () => {
  const names = holes.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
});
