// Making and starting sandboxes: what is looked at outside of the body, right before and right
// after, so that nobody changes it meanwhile.

import assert from 'node:assert/strict';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { test } from 'node:test';
import { ownedBy, startDockerProxy, type TestDockerProxy } from '../../testing/docker-proxy.ts';
import { temporaryFolder } from '../../testing/wire.ts';

const imageId = `sha256:${'1'.repeat(64)}`;
const otherId = `sha256:${'2'.repeat(64)}`;
const pinned = { template: { images: [{ name: 'sandbox:1', id: imageId }], names: ['*'] } };
const create = { Image: 'sandbox:1', Cmd: ['sleep', 'infinity'] };
const make = (proxy: TestDockerProxy, body: unknown = create) =>
  proxy.call('POST', '/containers/create?name=box', body);

test('an image whose name means another one by now makes no container', async () => {
  await using proxy = await startDockerProxy(pinned);
  assert.equal((await make(proxy)).status, 201);
  proxy.docker.imageId = otherId;
  const refused = await make(proxy);
  assert.equal(refused.reason, 'docker-image-changed', refused.body);
  assert.equal(proxy.docker.acts().length, 1);
});

test('an image that changes while the container is made leaves no container', async () => {
  await using proxy = await startDockerProxy(pinned);
  proxy.docker.instead = ({ path }) => {
    if (path.startsWith('/containers/create')) proxy.docker.imageId = otherId;
    return false;
  };
  const refused = await make(proxy);
  assert.equal(refused.reason, 'docker-image-changed');
  assert.equal(proxy.docker.containers.size, 0);
});

async function withFolders() {
  const folder = await temporaryFolder();
  const workspace = `${folder.path}/workspace`;
  const outside = `${folder.path}/outside`;
  await mkdir(workspace);
  await mkdir(outside);
  const bind = { source: workspace, target: '/workspace', readOnly: false };
  const template = { images: [{ name: 'sandbox:1' }], names: ['*'], binds: [bind] };
  const body = { ...create, HostConfig: { Binds: [`${workspace}:/workspace`] } };
  const link = async () => {
    await rm(workspace, { recursive: true });
    await symlink(outside, workspace);
  };
  return { folder, workspace, template, body, link };
}

test('a folder that is bound must be one, and no link', async () => {
  const { folder, template, body, link } = await withFolders();
  await using _ = folder;
  await using proxy = await startDockerProxy({ template });
  assert.equal((await make(proxy, body)).status, 201);
  await link();
  assert.equal((await make(proxy, body)).reason, 'docker-bind-linked');
  assert.equal(proxy.docker.acts().length, 1);
});

test('it must still be one when the container starts, which is when it is mounted', async () => {
  const { folder, workspace, template, link } = await withFolders();
  await using _ = folder;
  await using proxy = await startDockerProxy({ template });
  const box = proxy.docker.add('box', ownedBy('gateway'));
  box.Mounts = [{ Type: 'bind', Source: workspace }];
  assert.equal((await proxy.call('POST', '/containers/box/start')).status, 204);
  await link();
  for (const act of ['start', 'restart']) {
    const refused = await proxy.call('POST', `/containers/box/${act}`);
    assert.equal(refused.reason, 'docker-bind-linked', act);
  }
  assert.equal(proxy.docker.acts().length, 1);
});

test('what was made carries our label, whatever was asked, and the record says what was changed', async () => {
  await using proxy = await startDockerProxy();
  assert.equal((await make(proxy)).status, 201);
  const [made] = proxy.docker.containers.values();
  assert.equal(made?.Config.Labels['clincher.owner'], 'clincher/gateway');
  assert.match(String((await proxy.recorded(1)).changed), /User/);
  const stolen = { ...create, Labels: { 'clincher.owner': 'clincher/other' } };
  assert.ok((await make(proxy, stolen)).status >= 400);
});

test('an error of the daemon is given on without the ids of others', async () => {
  await using proxy = await startDockerProxy();
  const theirs = 'e'.repeat(64);
  const message = `Conflict. The container name "/box" is already in use by container "${theirs}".`;
  proxy.docker.instead = ({ path }, socket) => {
    if (!path.startsWith('/containers/create')) return false;
    const body = JSON.stringify({ message });
    socket.write(`HTTP/1.1 409 Conflict\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    return true;
  };
  const answer = await make(proxy);
  assert.equal(answer.status, 409);
  assert.match(answer.body, /already in use/);
  assert.ok(!answer.body.includes('eeee'), answer.body);
});
