// What a caller is told: nothing of others, no secrets, no paths of the host.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, examplePolicy, sandboxImage, sandboxImageId } from '../../testing/docker-policy.ts';
import { shapeAnswer, shapeError, shapeEvent } from './answer.ts';
import type { CallerPolicy } from './model.ts';

const id = 'a'.repeat(64);
const own = { 'clincher.owner': 'clincher/gateway' };

function shaped(policy: CallerPolicy, target: string, value: unknown): unknown {
  const call = ask(policy, 'GET', target);
  assert.ok(call.kind === 'call', target);
  return shapeAnswer(policy, call, value);
}

test('a list holds what the caller made and what it is lent', () => {
  const policy = examplePolicy('sandbox', { containers: ['lent'] });
  const list = [
    { Id: '1', Names: ['/a'], Labels: own, Image: sandboxImageId },
    { Id: '2', Names: ['/b'], Labels: { 'clincher.owner': 'clincher/other' } },
    { Id: '3', Names: ['/lent'], Labels: {} },
    { Id: '4', Names: ['/b/lent'], Labels: null },
    'x',
  ];
  const answer = shaped(policy, '/containers/json?all=1', list);
  assert.ok(Array.isArray(answer));
  assert.deepEqual(
    answer.map((each) => each.Id),
    ['1', '3'],
  );
  assert.equal(answer[0].Image, sandboxImage, 'the name it was asked by');
  assert.deepEqual(shaped(policy, '/containers/json', { message: 'x' }), []);
});

test("an inspect names folders as the caller does, hides secrets and the daemon's paths", () => {
  const answer = shaped(examplePolicy('sandbox'), `/containers/${id}/json`, {
    Id: id,
    LogPath: '/var/lib/docker/containers/x.log',
    GraphDriver: { Name: 'overlay2', Data: { LowerDir: '/var/lib/docker/x' } },
    Config: {
      Image: sandboxImageId,
      Env: ['PATH=/bin', 'API_KEY=hunter2', 'HOME=/home', 'DB=postgres://u:pw@h/d'],
      Labels: { ...own, 'openclaw.sessionKey': 'agent:main', 'vendor.token': 'hunter2' },
    },
    HostConfig: {
      Binds: ['/srv/stack/work:/workspace', '/elsewhere:/x'],
      Mounts: [{ Type: 'bind', Source: '/srv/agents/a', Target: '/agent/a' }],
    },
    Mounts: [
      { Type: 'bind', Source: '/srv/stack/work', Destination: '/workspace', RW: true },
      { Type: 'bind', Source: '/srv/stack/work2', Destination: '/x', RW: true },
    ],
  });
  assert.deepEqual(answer, {
    Id: id,
    LogPath: '',
    GraphDriver: { Name: 'overlay2', Data: null },
    Config: {
      Image: sandboxImage,
      Env: ['PATH=/bin', 'API_KEY=***', 'HOME=/home', 'DB=***'],
      Labels: { ...own, 'openclaw.sessionKey': 'agent:main', 'vendor.token': '***' },
    },
    HostConfig: {
      Binds: ['/home/node/work:/workspace', '(hidden)'],
      Mounts: [{ Type: 'bind', Source: '/home/node/agents/a', Target: '/agent/a' }],
    },
    Mounts: [
      { Type: 'bind', Source: '/home/node/work', Destination: '/workspace', RW: true },
      { Type: 'bind', Source: '(hidden)', Destination: '/x', RW: true },
    ],
  });
});

test('an observer’s inspect hides the labels of others that look like secrets', () => {
  const answer = shaped(examplePolicy('observe'), `/containers/${id}/json`, {
    Config: { Labels: { ...own, 'openclaw.sessionKey': 'x', 'a.password': 'x', role: 'web' } },
  });
  assert.match(
    JSON.stringify(answer),
    /"openclaw.sessionKey":"\*\*\*","a.password":"\*\*\*","role":"web"/,
  );
});

test('images are those of the template, without their secrets', () => {
  const policy = examplePolicy('observe');
  const images = [
    {
      Id: sandboxImageId,
      RepoTags: [sandboxImage, 'other:1'],
      RepoDigests: ['other@sha256:0'],
      Labels: null,
    },
    { Id: 'sha256:1', RepoTags: ['other:2'], Labels: {} },
    { Id: 'sha256:2', RepoTags: null, Labels: {} },
  ];
  const answer = shaped(policy, '/images/json', images);
  assert.deepEqual(answer, [
    { Id: sandboxImageId, RepoTags: [sandboxImage], RepoDigests: [], Labels: null },
  ]);
  const image = shaped(policy, `/images/${sandboxImage}/json`, {
    RepoTags: [sandboxImage, 'other:1'],
    Config: { Env: ['TOKEN=x'], Labels: { 'build.secret': 'x' } },
    GraphDriver: { Name: 'overlay2', Data: { UpperDir: '/var/lib/docker/y' } },
  });
  assert.deepEqual(image, {
    RepoTags: [sandboxImage],
    Config: { Env: ['TOKEN=***'], Labels: { 'build.secret': '***' } },
    GraphDriver: { Name: 'overlay2', Data: null },
  });
});

test('the daemon’s own facts are those that programs need', () => {
  const answer = shaped(examplePolicy('observe'), '/info', {
    ServerVersion: '28.2.2',
    NCPU: 2,
    HttpProxy: 'http://user:password@proxy',
    RegistryConfig: {},
    Name: 'host',
    Containers: 7,
    Labels: ['a=b'],
  });
  assert.deepEqual(answer, { NCPU: 2, ServerVersion: '28.2.2' });
});

test('events are of the caller’s containers; others leave no trace', () => {
  const policy = examplePolicy('observe');
  const call = ask(policy, 'GET', '/events');
  assert.ok(call.kind === 'call');
  const event = (Type: string, Attributes: object) => ({
    Type,
    Action: 'start',
    Actor: { ID: id, Attributes },
  });
  assert.deepEqual(
    shapeEvent(policy, call, event('container', { ...own, name: 'a', 'x.token': 't' })),
    event('container', { ...own, name: 'a', 'x.token': '***' }),
  );
  for (const hidden of [
    event('container', { name: 'a' }),
    event('network', own),
    event('image', {}),
    { Type: 'container' },
    null,
    'x',
  ]) {
    assert.equal(shapeEvent(policy, call, hidden), null, JSON.stringify(hidden));
  }
});

test('an error of the daemon names no other container and no folder of the host', () => {
  const policy = examplePolicy('sandbox');
  const other = 'b'.repeat(64);
  const message = (text: string) =>
    Reflect.get(Object(shapeError(policy, id, { message: text })), 'message');
  assert.equal(
    message(
      `Conflict. The container name "/x" is already in use by container "${other}". You have to`,
    ),
    'Conflict. The container name "/x" is already in use.',
  );
  assert.equal(
    message(`container ${id} is not running, ${other} is`),
    `container ${id} is not running, (hidden) is`,
  );
  assert.equal(
    message('bind source path does not exist: /srv/stack/work/a'),
    'bind source path does not exist: /home/node/work/a',
  );
  assert.equal(message(''), '');
  assert.deepEqual(shapeError(policy, id, 'x'), { message: 'The Docker daemon refused.' });
});

test('an observer sees which programs run, and not what they were given', () => {
  const policy = examplePolicy('observe');
  const given = ['sh', '-c', 'login --password hunter2'];
  const text = [
    shaped(policy, `/containers/${id}/json`, {
      ...{ Id: id, Path: 'sh', Args: given.slice(1) },
      Config: { Labels: own, Cmd: given, Entrypoint: given, Healthcheck: { Test: given } },
    }),
    shaped(policy, '/containers/json', [{ Id: '1', Labels: own, Command: given.join(' ') }]),
    ...['exec_create: sh -c hunter2', 'exec_start: a\nhunter2'].map((Action) => {
      const call = ask(policy, 'GET', '/events');
      assert.ok(call.kind === 'call');
      const actor = { Actor: { Attributes: own } };
      return shapeEvent(policy, call, { Type: 'container', Action, status: Action, ...actor });
    }),
  ].map((each) => JSON.stringify(each));
  for (const each of text) assert.doesNotMatch(each, /hunter2/);
  assert.match(text.join(' '), /"Cmd":\["sh","\*\*\*"\].*"sh \*\*\*".*"exec_create".*"exec_start"/);
});
