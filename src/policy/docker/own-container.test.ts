// The container that a caller runs in itself: it is told which of its folders are which of the
// host's, may prove that it runs there, and gets nothing else by it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execBody } from '../../testing/docker-attacks/base-bodies.ts';
import { ownContainerCalls, ownExecAttacks } from '../../testing/docker-attacks/own-container.ts';
import { ask, callWith, examplePolicy, exampleTemplate } from '../../testing/docker-policy.ts';
import { shapeAnswer } from './answer.ts';
import { judgeBody } from './judge-body.ts';
import type { Call } from './model.ts';
import { inScope } from './scope.ts';

const id = 'a'.repeat(64);
const probe = ['/opt/node/bin/node', '-e', 'where()'];
const own = { container: 'stack-gateway-1', commands: [probe] };
const policy = examplePolicy('sandbox', { callers: { gateway: { own } } });

const container = {
  Id: id,
  Name: '/stack-gateway-1',
  Config: { Env: ['GATEWAY_TOKEN=t0ken'], Labels: { 'com.docker.compose.project': 'stack' } },
  HostConfig: { Binds: ['/srv/stack:/x'], Tmpfs: { '/tmp': 'size=512m' } },
  NetworkSettings: { Networks: { 'openclaw-net.gateway--llm': {} } },
  Mounts: [
    { Type: 'bind', Source: '/srv/stack/work', Destination: '/home/node/work', RW: true, Mode: '' },
    { Type: 'bind', Source: '/srv/stack/secrets', Destination: '/run/secrets', RW: false },
    { Type: 'volume', Source: '/srv/agents', Destination: '/agent', RW: true },
  ],
};

function call(method: string, target: string): Call {
  const verdict = ask(policy, method, target);
  assert.ok(verdict.kind === 'call', target);
  return verdict;
}

test('it is found by its whole id, to be asked about and to run what is listed', () => {
  for (const [method, rest] of [
    ['GET', '/json'],
    ['POST', '/exec'],
  ] as const) {
    assert.equal(inScope(policy, call(method, `/v1.47/containers/${id}${rest}`), container), true);
  }
});

for (const { trick, method, target } of ownContainerCalls(id, 'stack-gateway-1')) {
  test(`it is not there for ${trick}`, () => {
    const verdict = ask(policy, method, target);
    if (verdict.kind === 'call') assert.equal(inScope(policy, verdict, container), false);
  });
}

test('no other container is it: by another name, with the label of the caller, or of nobody', () => {
  const inspect = call('GET', `/containers/${id}/json`);
  for (const Name of ['/stack-gateway-10', 'stack-gateway-1', '/stack-gateway-1/x', '', null]) {
    assert.equal(inScope(policy, inspect, { ...container, Name }), false, String(Name));
  }
  assert.equal(inScope(examplePolicy('sandbox'), inspect, container), false);
  const other = { ...policy, own: undefined };
  assert.equal(inScope(other, inspect, container), false);
  // A sandbox of that name is a sandbox: it is asked about and looked into as one.
  const Labels = { 'clincher.owner': 'clincher/gateway' };
  const sandbox = { ...container, Config: { ...container.Config, Labels } };
  assert.ok('NetworkSettings' in Object(shapeAnswer(policy, inspect, sandbox)));
});

test('of it are told its id, its memory folders, and the folders of the template', () => {
  const told = shapeAnswer(policy, call('GET', `/containers/${id}/json`), container);
  const [bind] = exampleTemplate.binds;
  assert.deepEqual(told, {
    Id: id,
    Mounts: [{ Type: 'bind', Source: bind?.source, Destination: '/home/node/work', RW: true }],
    HostConfig: { Tmpfs: { '/tmp': 'size=512m' } },
  });
});

const exec = (body: unknown) =>
  judgeBody(policy, callWith('exec-create'), Buffer.from(JSON.stringify(body)), true);

test('a listed command runs in it as who the container runs as', () => {
  const asked = { AttachStdout: true, AttachStderr: true, AttachStdin: false, Env: null, User: '' };
  const verdict = exec({ ...asked, Cmd: probe, Privileged: false, Tty: false, WorkingDir: '' });
  assert.ok(verdict.kind === 'body');
  assert.deepEqual(JSON.parse(verdict.bytes.toString()), {
    AttachStdout: true,
    AttachStderr: true,
    Cmd: probe,
    Privileged: false,
  });
});

for (const { trick, body } of ownExecAttacks(probe, execBody())) {
  test(`it does not run ${trick}`, () => {
    const verdict = exec(body);
    assert.ok(verdict.kind === 'refusal', 'it was let through');
    assert.match(verdict.reason, /^docker-(?:field|body)-/);
  });
}
