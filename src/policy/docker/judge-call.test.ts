// Which calls each profile lets through, and that no trick makes it more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, examplePolicy } from '../../testing/docker-policy.ts';
import { callAttacks } from '../../verify/attacks/docker/calls.ts';
import type { CallerPolicy } from './model.ts';
import { operations } from './operations.ts';
import { requestTarget } from './request-line.ts';

const id = 'f'.repeat(64);

/** Each call of the API as a client would ask it. */
function askAll(policy: CallerPolicy): readonly string[] {
  const allowed = operations.filter(({ method, path }) => {
    const target = `/v1.41/${path.join('/')}`
      .replace('{image}', 'sandbox:1')
      .replace(/\{\w+\}/, id);
    return ask(policy, method, target).kind === 'call';
  });
  return allowed.map(({ name }) => name);
}

test('each profile has its calls and no others', () => {
  const handshake = ['SystemPing', 'SystemPingHead', 'SystemVersion'];
  const execOnly = ['ContainerExec', 'ContainerInspect', 'ExecInspect', 'ExecResize', 'ExecStart'];
  const made = [
    'Attach',
    'Create',
    'Delete',
    'Kill',
    'List',
    'Logs',
    'Resize',
    'Restart',
    'Start',
    'Stop',
    'Wait',
  ];
  const seen = [
    'ContainerInspect',
    'ContainerList',
    'ContainerStats',
    'ContainerTop',
    'ImageList',
    'SystemEvents',
    'SystemInfo',
  ];
  const expected = {
    handshake,
    'exec-only': [...handshake, ...execOnly, 'ImageInspect'],
    sandbox: [...handshake, ...execOnly, 'ImageInspect', ...made.map((name) => `Container${name}`)],
    observe: [...handshake, ...seen, 'ImageInspect'],
    custom: [],
  };
  for (const [profile, calls] of Object.entries(expected)) {
    const policy = examplePolicy(profile as CallerPolicy['profile']);
    assert.deepEqual([...askAll(policy)].sort(), [...calls].sort(), profile);
  }
});

for (const attack of callAttacks('openclaw-sbx-a', 'gateway')) {
  test(`a sandbox's caller is refused: ${attack.trick}`, () => {
    const { method, target, rawHeaders = [] } = attack;
    const verdict = ask(examplePolicy('sandbox'), method, target, rawHeaders);
    assert.ok(verdict.kind === 'refusal', JSON.stringify(verdict));
    assert.deepEqual([verdict.status, verdict.reason], [attack.status, attack.reason]);
    assert.match(verdict.message, /^clincher refused /);
  });
}

test('a number of a query is written as one', () => {
  for (const number of ['1e3', '0x10', '12345678901', '--1', '1.5', 'x', '-']) {
    const verdict = ask(examplePolicy('sandbox'), 'POST', `/v1.50/containers/x/stop?t=${number}`);
    assert.equal(verdict.kind === 'refusal' && verdict.reason, 'docker-query-unclear', number);
  }
});

test('the calls of the docker command line pass, and are written anew', () => {
  const policy = examplePolicy('sandbox');
  const rows: readonly (readonly [method: string, target: string, sent: string])[] = [
    ['HEAD', '/_ping', '/_ping'],
    ['GET', '/v1.50/containers/x/json', `/v1.50/containers/${id}/json`],
    ['GET', '/v1.50/images/sandbox:1/json', '/v1.50/images/sandbox:1/json'],
    ['GET', '/images/registry.example/team/box:2/json', '/images/registry.example/team/box:2/json'],
    ['DELETE', '/v1.50/containers/x?force=1&v=true', `/v1.50/containers/${id}?force=1&v=1`],
    ['POST', '/v1.50/containers/x/stop?t=-1', `/v1.50/containers/${id}/stop?t=-1`],
    [
      'POST',
      '/v1.50/containers/x/wait?condition=removed',
      `/v1.50/containers/${id}/wait?condition=removed`,
    ],
    [
      'POST',
      '/v1.50/containers/create?name=openclaw-sbx-1',
      '/containers/create?name=openclaw-sbx-1',
    ],
    ['POST', '/v1.50/exec/y/resize?h=24&w=80', `/v1.50/exec/${id}/resize?h=24&w=80`],
  ];
  for (const [method, target, sent] of rows) {
    const call = ask(policy, method, target);
    assert.ok(call.kind === 'call', target);
    const isImage = call.reference?.kind === 'image';
    assert.equal(requestTarget(call, call.reference === null || isImage ? null : id), sent);
  }
});

test("what dockerode writes into a create's query is left out", () => {
  const body =
    '&Cmd=sleep&Cmd=a%0Ab%2541&Image=sandbox%3A1&Cmd=%5B%22a%22%5D&HostConfig=%7B%22Privileged%22%3Atrue%7D';
  const call = ask(
    examplePolicy('sandbox'),
    'POST',
    `/containers/create?name=openclaw-sbx-1${body}`,
  );
  assert.ok(call.kind === 'call');
  assert.equal(requestTarget(call, null), '/containers/create?name=openclaw-sbx-1');
});

test('nor does such a parameter pass where there is no body to write', () => {
  for (const target of ['/containers/json?Cmd=a', '/containers/json?Cmd=a&Cmd=b']) {
    assert.equal(ask(examplePolicy('sandbox'), 'GET', target).kind, 'refusal');
  }
});

test('a list is narrowed to what the caller made, whatever filters it brings', () => {
  const owner = 'clincher.owner=clincher/gateway';
  for (const filters of ['{"label":["a=b"]}', '{"label":{"a=b":true}}']) {
    const target = `/containers/json?filters=${encodeURIComponent(filters)}`;
    const call = ask(examplePolicy('sandbox'), 'GET', target);
    assert.ok(call.kind === 'call');
    const sent = Object.fromEntries(call.query).filters ?? '';
    assert.deepEqual(JSON.parse(sent), { label: { 'a=b': true, [owner]: true } });
  }
  const lent = examplePolicy('sandbox', { containers: ['lent'] });
  const call = ask(lent, 'GET', '/containers/json');
  assert.ok(call.kind === 'call');
  assert.deepEqual(call.query, [], 'a container that is lent has no label to find it by');
});

test('an upgrade passes where the answer is a stream both ways, and only to tcp', () => {
  const upgrade = ['Connection', 'Upgrade', 'Upgrade', 'tcp'];
  const start = ask(examplePolicy('exec-only'), 'POST', `/exec/${id}/start`, upgrade);
  assert.ok(start.kind === 'call');
  assert.deepEqual([start.answer, start.upgrade], ['hijack', 'tcp']);
  const plain = ask(examplePolicy('exec-only'), 'POST', `/exec/${id}/start`);
  assert.ok(plain.kind === 'call');
  assert.equal(plain.upgrade, null);
});

test('what nobody may see is not there, in the words that docker inspect waits for', () => {
  const policy = examplePolicy('exec-only');
  const messages = ['images/x/json', 'networks/x', 'volumes/x', 'plugins/x/json', 'secrets/x'].map(
    (path) => {
      const verdict = ask(policy, 'GET', `/v1.41/${path}`);
      assert.ok(verdict.kind === 'refusal' && verdict.status === 404, path);
      return verdict.message;
    },
  );
  assert.deepEqual(
    messages,
    ['image', 'network', 'volume', 'plugin', 'secret'].map((kind) => `No such ${kind}: x`),
  );
});

test('an image is known by every way to write its name, and by its id', () => {
  const policy = examplePolicy('exec-only', {
    template: { images: [{ name: 'box' }, { name: 'r.example/a:1' }] },
  });
  const shown = (name: string) => ask(policy, 'GET', `/images/${name}/json`).kind === 'call';
  assert.deepEqual(
    ['box', 'box:latest', 'library/box', 'docker.io/library/box:latest', 'r.example/a:1'].map(
      shown,
    ),
    [true, true, true, true, true],
  );
  assert.deepEqual(
    ['box:1', 'other/box', 'r.example/a', 'evil.example/library/box', 'library/r.example/a:1'].map(
      shown,
    ),
    [false, false, false, false, false],
  );
});

test('the message says what was refused and what to do', () => {
  const verdict = ask(examplePolicy('sandbox'), 'POST', '/v1.41/build');
  assert.ok(verdict.kind === 'refusal');
  assert.equal(
    verdict.message,
    'clincher refused POST /v1.41/build: This Docker API call is not in the allowed profile. ' +
      'If it must be possible, choose another profile under `sandbox:`.',
  );
});
