// Every call of the Docker API as a user could list it, and what is said of each.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '../policy/docker/operations.ts';
import { dockerProxyRules } from '../roles/docker-proxy/settings.ts';
import { exampleTopology, withService } from '../testing/example-topology.ts';
import { runChecks } from './index.ts';

const found = (call: object, profile: 'custom' | 'sandbox' = 'custom') =>
  runChecks(
    withService(exampleTopology(), 'docker-proxy', ({ run }) => {
      const { rules } = dockerRules(call);
      return { run: run.role === 'docker-proxy' ? { ...run, profile, rules } : run };
    }),
  )
    .filter(({ id }) => id === 'sandbox-calls')
    .map(({ severity }) => severity);

const dockerRules = (call: object) => ({
  rules: dockerProxyRules.parse({ custom: [{ at: 'clincher.yaml:9:7', ...call }] }),
});

const whole = operations.map(({ name, method, path, body }) => {
  const judged = body === 'create' || body === 'exec-create' || body === 'exec-start';
  const call = { method, path: `/${path.join('/')}`, body: judged ? 'template' : 'none' };
  return { name, method, call };
});

test('what is safe to list is a list of its own: of every other call something is said', () => {
  const safe = whole.filter(({ call }) => found(call).length === 0).map(({ name }) => name);
  assert.deepEqual(safe, [
    ...['SystemPing', 'SystemPingHead', 'SystemVersion', 'SystemInfo', 'SystemEvents'],
    ...['ContainerList', 'ContainerCreate', 'ContainerPrune', 'ContainerInspect', 'ContainerTop'],
    ...['ContainerLogs', 'ContainerChanges', 'ContainerExport', 'ContainerStats'],
    ...['ContainerResize', 'ContainerStart', 'ContainerStop', 'ContainerRestart', 'ContainerKill'],
    ...['ContainerRename', 'ContainerPause', 'ContainerUnpause', 'ContainerAttach'],
    ...['ContainerAttachWebsocket', 'ContainerWait', 'ContainerDelete', 'ContainerExec'],
    ...['ExecStart', 'ExecResize', 'ExecInspect', 'ImageList', 'ImageInspect'],
  ]);
});

test('what changes anything but a container is fatal, and so are the tokens of a swarm', () => {
  const others = whole.filter(({ call }) => !/^\/(?:containers|exec)\//.test(call.path));
  for (const { name, method, call } of others) {
    const expected =
      method === 'POST' || method === 'PUT' || method === 'DELETE' || call.path.startsWith('/swarm')
        ? 'fatal'
        : 'warning';
    const severities = found(call);
    assert.ok(severities.length === 0 || severities[0] === expected, name);
    if (expected === 'fatal') assert.deepEqual(severities, ['fatal'], name);
  }
});

test('nothing is changed that the agent did not make, and what it sees of it is said', () => {
  for (const { name, method, call } of whole) {
    const severity = found({ ...call, unsafeUnscoped: true });
    const isRead = method === 'GET' || method === 'HEAD';
    if (!isRead || name === 'ContainerAttachWebsocket') assert.deepEqual(severity, ['fatal'], name);
    else if (!/Ping|Version/.test(name)) assert.equal(severity.length, 1, name);
  }
});

test('a create and an exec are made by the template', () => {
  const create = { method: 'POST', path: '/containers/create' };
  const exec = { method: 'POST', path: '/containers/{container}/exec' };
  for (const call of [create, exec]) {
    assert.deepEqual(found({ ...call, body: 'template' }), []);
    assert.deepEqual(found({ ...call, body: 'none' }), ['fatal']);
    assert.deepEqual(found({ ...call, body: { Privileged: [true] } }), ['fatal']);
  }
  assert.deepEqual(found({ ...create, body: 'none' }, 'sandbox'), [], 'of another profile');
});
