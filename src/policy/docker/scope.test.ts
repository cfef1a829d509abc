// What exists for a caller: its own, what it is lent, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, examplePolicy } from '../../testing/docker-policy.ts';
import type { Call, CallerPolicy } from './model.ts';
import { notFound } from './refusal.ts';
import { fullImageName, idOf, inScope, isOwned, referencePath } from './scope.ts';

const id = 'a'.repeat(64);

function call(policy: CallerPolicy, method: string, target: string): Call {
  const verdict = ask(policy, method, target);
  assert.ok(verdict.kind === 'call', target);
  return verdict;
}

const container = (labels: object | null, name = '/openclaw-sbx-a') => ({
  Id: id,
  Name: name,
  Config: { Labels: labels },
});

test('a container is its maker’s, by the label that we set, to the letter', () => {
  const policy = examplePolicy('sandbox');
  const inspect = call(policy, 'GET', `/containers/${id}/json`);
  const own = (labels: object | null) => inScope(policy, inspect, container(labels));
  assert.equal(own({ 'clincher.owner': 'clincher/gateway' }), true);
  const foreign: readonly (object | null)[] = [
    null,
    {},
    { 'clincher.owner': 'clincher/gateway2' },
    { 'clincher.owner': 'clincher/gatewa' },
    { 'clincher.owner': 'other/gateway' },
    { 'clincher.owner': 'clincher/gateway ' },
    { 'clincher.owner': ['clincher/gateway'] },
    { 'Clincher.Owner': 'clincher/gateway' },
    { 'openclaw.sandbox': '1' },
    Object.create({ 'clincher.owner': 'clincher/gateway' }),
  ];
  for (const labels of foreign) assert.equal(own(labels), false, JSON.stringify(labels));
});

test('an answer that is no container is in nobody’s scope', () => {
  const policy = examplePolicy('sandbox', { containers: ['undefined'] });
  const inspect = call(policy, 'GET', '/containers/x/json');
  for (const value of [
    null,
    undefined,
    'x',
    [],
    {},
    { Config: null },
    { Config: { Labels: 'x' } },
  ]) {
    assert.equal(inScope(policy, inspect, value), false, JSON.stringify(value));
  }
});

test('what is lent by name may be used and not ended; what is shown may be looked at', () => {
  const policy = examplePolicy('sandbox', { containers: ['box'], inspectable: ['gateway'] });
  const may = (name: string, method: string, path: string) =>
    inScope(policy, call(policy, method, `/containers/x${path}`), container({}, name));
  assert.equal(may('/box', 'GET', '/json'), true);
  assert.equal(may('/box', 'POST', '/exec'), true);
  assert.equal(may('/box', 'DELETE', '?force=1'), false);
  assert.equal(may('/box', 'POST', '/stop'), false);
  assert.equal(may('/box2', 'POST', '/exec'), false);
  assert.equal(may('/gateway', 'GET', '/json'), true);
  assert.equal(may('/gateway', 'POST', '/exec'), false);
  assert.equal(may('/gateway', 'GET', '/logs?stdout=1'), false);
});

test('an observer sees what callers of its stack made, and all when it is told to', () => {
  const labels = { 'clincher.owner': 'clincher/somebody' };
  assert.equal(isOwned(examplePolicy('observe'), labels), true);
  assert.equal(isOwned(examplePolicy('observe'), { 'clincher.owner': 'clincher2/x' }), false);
  assert.equal(isOwned(examplePolicy('observe'), {}), false);
  assert.equal(isOwned(examplePolicy('observe', { unsafeSeeAll: true }), {}), true);
  assert.equal(isOwned(examplePolicy('sandbox', { unsafeSeeAll: true }), {}), false);
});

test('a reference is resolved to a full id or to nothing', () => {
  const named = { kind: 'container', text: 'a:b' } as const;
  assert.equal(referencePath(named), '/containers/a%3Ab/json');
  assert.equal(referencePath({ kind: 'image', text: 'a' }), null);
  assert.equal(idOf(named, { Id: id }), id);
  for (const value of [null, {}, { Id: 'a' }, { Id: id.toUpperCase() }, { id }, { ID: id }]) {
    assert.equal(idOf(named, value), null, JSON.stringify(value));
  }
});

test('what is another’s and what is not there is said in the same words', () => {
  const policy = examplePolicy('sandbox');
  const refusal = notFound(call(policy, 'GET', '/containers/gateway/json'));
  assert.deepEqual([refusal.status, refusal.message], [404, 'No such container: gateway']);
  const exec = notFound(call(policy, 'GET', '/exec/abc/json'));
  assert.equal(exec.message, 'No such exec instance: abc');
});

test('names of images are read as the daemon reads them', () => {
  const rows: readonly (readonly [written: string, read: string])[] = [
    ['box', 'docker.io/library/box:latest'],
    ['box:1', 'docker.io/library/box:1'],
    ['team/box', 'docker.io/team/box:latest'],
    ['docker.io/box:1', 'docker.io/library/box:1'],
    ['index.docker.io/box:1', 'docker.io/library/box:1'],
    ['localhost/box', 'localhost/box:latest'],
    ['r.example:5000/box', 'r.example:5000/box:latest'],
    ['box@sha256:00', 'docker.io/library/box@sha256:00'],
  ];
  for (const [written, read] of rows) assert.equal(fullImageName(written), read);
});
