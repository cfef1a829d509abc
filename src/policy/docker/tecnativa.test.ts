// Tecnativa's switches: the same answers as its documentation promises, each of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, examplePolicy } from '../../testing/docker-policy.ts';
import { switchCases, switchesOf } from '../../testing/tecnativa-contract.ts';
import { switchesFromEnvironment, tecnativaDefaults } from './tecnativa.ts';

for (const row of switchCases) {
  const { method, target, passes, stricter } = row;
  const environment = switchesOf(row);
  const said = Object.entries(environment)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  const so = passes ? 'passes' : stricter === undefined ? 'is denied' : 'is denied, more strictly';
  test(`with ${said || 'nothing set'}, ${method} ${target} ${so}`, () => {
    const { switches, faults } = switchesFromEnvironment(environment);
    assert.deepEqual(faults, []);
    const verdict = ask(examplePolicy('tecnativa', { switches }), method, target);
    assert.equal(verdict.kind, passes ? 'call' : 'refusal', JSON.stringify(verdict));
    const isUnclear = verdict.kind === 'refusal' && verdict.reason.endsWith('-unclear');
    if (verdict.kind === 'refusal' && !isUnclear) assert.equal(verdict.status, 403);
  });
}

test('every switch has a case, and every section that can pass has one that does', () => {
  const named = new Set(switchCases.flatMap(({ on, off = [] }) => [...on, ...off]));
  assert.deepEqual(
    Object.keys(tecnativaDefaults).filter((name) => !named.has(name)),
    [],
  );
  const passing = new Set(switchCases.filter(({ passes }) => passes).flatMap(({ on }) => on));
  assert.deepEqual(
    Object.keys(tecnativaDefaults).filter((name) => !passing.has(name)),
    [],
  );
});

test('what passes is passed on as it is: no scope, no template, streams as they come', () => {
  const policy = examplePolicy('tecnativa', {
    switches: { CONTAINERS: true, POST: true, EXEC: true },
  });
  const create = ask(policy, 'POST', '/v1.41/containers/create?name=anything');
  assert.ok(create.kind === 'call');
  assert.deepEqual([create.scoped, create.body, create.answer], [false, 'opaque', 'stream']);
  assert.equal(create.rule, 'tecnativa CONTAINERS=1');
  const upgrade = ['Connection', 'Upgrade', 'Upgrade', 'tcp'];
  const start = ask(policy, 'POST', '/v1.41/exec/abc/start', upgrade);
  assert.ok(start.kind === 'call');
  assert.deepEqual([start.answer, start.upgrade], ['hijack', 'tcp']);
});

test('a switch is 0 or 1, in the ways HAProxy reads them; anything else is a fault', () => {
  const read = switchesFromEnvironment({
    POST: '1',
    EXEC: 'true',
    PING: '0',
    INFO: 'off',
    HOME: '/',
  });
  assert.deepEqual(read, {
    switches: { POST: true, EXEC: true, PING: false, INFO: false },
    faults: [],
  });
  assert.deepEqual(switchesFromEnvironment({ POST: '2', EXEC: 'ja' }).faults, [
    'EXEC must be 0 or 1',
    'POST must be 0 or 1',
  ]);
});
