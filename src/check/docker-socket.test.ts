// The Docker socket: every spelling of a mount that holds it, and the edge past the proxy.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerSandbox } from '../testing/example-options.ts';
import { exampleTopology, withEdge, withRights, withService } from '../testing/example-topology.ts';
import { found } from '../testing/findings.ts';

/** Sources that hold a daemon's socket, each with the trick. */
const sources: Readonly<Record<string, string>> = {
  'the socket itself': '/var/run/docker.sock',
  'its other name': '/run/docker.sock',
  'the folder it is in': '/var/run',
  'the folder with a slash': '/run/',
  'the whole host': '/',
  'a way around by ..': '/srv/../run/docker.sock',
  'a doubled slash': '//var//run/docker.sock',
  'a rootless daemon': '/run/user/1000/docker.sock',
  'another engine': '/run/podman/podman.sock',
  'the engine below': '/run/containerd/containerd.sock',
};

for (const [trick, source] of Object.entries(sources)) {
  test(`docker.sock mounted into the agent is found: ${trick}`, () => {
    const mounts = [{ source, target: '/mnt/x', readOnly: true }];
    const lines = found(withRights(exampleTopology(), 'gateway', { mounts }));
    assert.deepEqual(lines, [
      `fatal docker-socket gateway: gateway mounts ${source}, through which the Docker daemon can be reached`,
      `fatal rights gateway: gateway has more than a service of role gateway needs: the mount ${source} at /mnt/x`,
    ]);
  });
}

test('a mount beside the socket is not the socket', () => {
  const mounts = [{ source: '/var/running', target: '/mnt/x', readOnly: true }];
  const lines = found(withRights(exampleTopology(), 'notes', { mounts }));
  assert.deepEqual(
    lines.map((line) => line.split(' ')[1]),
    ['rights'],
  );
});

test('the socket that the user named counts wherever it is', () => {
  const topology = exampleTopology({ sandbox: dockerSandbox('/srv/engine/api') });
  assert.deepEqual(found(topology), []);
  const mounts = [{ source: '/srv/engine', target: '/mnt/x', readOnly: true }];
  const [first] = found(withRights(topology, 'notes', { mounts }));
  assert.equal(
    first,
    'fatal docker-socket notes: notes mounts /srv/engine, through which the Docker daemon can be reached',
  );
});

test('docker-proxy itself may not have it writable', () => {
  const topology = withService(exampleTopology(), 'docker-proxy', ({ rights }) => ({
    rights: { ...rights, mounts: rights.mounts.map((one) => ({ ...one, readOnly: false })) },
  }));
  assert.deepEqual(found(topology), [
    'fatal docker-socket docker-proxy: docker-proxy mounts /var/run/docker.sock writable, and could replace it',
    'fatal rights docker-proxy: docker-proxy has more than a service of role docker-proxy needs: ' +
      'the mount /var/run/docker.sock at /run/docker.sock, writable',
  ]);
});

test('an edge past the proxy is found', () => {
  assert.deepEqual(found(withEdge(exampleTopology(), { from: 'gateway', to: 'docker.sock' })), [
    'fatal docker-socket gateway--docker.sock.extra: gateway has an edge to docker.sock, which only docker-proxy may have',
  ]);
});
