// What callers are told: their own, without secrets, and no error that tells of others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownedBy, startDockerProxy } from '../../testing/docker-proxy.ts';
import { send } from '../../testing/fake-docker.ts';

test("lists hold what is the caller's, and inspects no secrets", async () => {
  await using proxy = await startDockerProxy();
  const mine = proxy.docker.add('mine', ownedBy('gateway'));
  proxy.docker.add('theirs', ownedBy('other'));
  const listed = await proxy.call('GET', '/containers/json?all=1');
  assert.deepEqual(
    JSON.parse(listed.body).map(({ Id }: { Id: string }) => Id),
    [mine.Id],
  );
  proxy.docker.instead = ({ path }, socket) => {
    const Config = { ...mine.Config, Env: ['OPENAI_API_KEY=sk-abcdef0123456789abcdef', 'A=1'] };
    return path.startsWith('/containers/') && send(socket, 200, { ...mine, Config });
  };
  for (const query of ['', '?size=1']) {
    const inspected = await proxy.call('GET', `/containers/mine/json${query}`);
    assert.equal(inspected.status, 200);
    assert.match(inspected.body, /OPENAI_API_KEY=/);
    assert.ok(!inspected.body.includes('sk-abcdef'), inspected.body);
  }
});

test('an answer larger than the limit is refused whole', async () => {
  await using proxy = await startDockerProxy({ limits: { answerBytesMax: 2_000 } });
  proxy.docker.add('small', ownedBy('gateway'));
  proxy.docker.add('large', { ...ownedBy('gateway'), text: 'x'.repeat(3_000) });
  assert.equal((await proxy.call('GET', '/containers/small/json')).status, 200);
  const refused = await proxy.call('GET', '/containers/large/json');
  assert.equal(refused.status, 502);
  assert.equal(refused.reason, 'docker-answer-too-large');
  assert.ok(!refused.body.includes('xxx'));
});

test('an error in the place of a stream tells nothing of others', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const theirs = 'e'.repeat(64);
  proxy.docker.instead = ({ path }, socket) =>
    path.includes('/logs') && send(socket, 500, { message: `driver failed for ${theirs}` });
  const answer = await proxy.call('GET', `/containers/${Id}/logs?stdout=1&follow=1`);
  assert.equal(answer.status, 500);
  assert.match(answer.body, /driver failed for/);
  assert.ok(!answer.body.includes('eeee'), answer.body);
});

test('a call without a body takes none but an empty one', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const start = (body: unknown) => proxy.call('POST', `/containers/${Id}/start`, body);
  const refused = await start({ HostConfig: { Privileged: true } });
  assert.equal(refused.reason, 'docker-body-refused');
  assert.equal((await start({})).status, 204);
  assert.deepEqual(
    proxy.docker.seen.map(({ body }) => body).filter((body) => body !== ''),
    [],
  );
});

test('a command that is over makes room for the next', async () => {
  await using proxy = await startDockerProxy({ limits: { execsMax: 1 } });
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const make = () => proxy.call('POST', `/containers/${Id}/exec`, { Cmd: ['id'] });
  proxy.docker.run = (socket) => socket.end('done');
  const exec = JSON.parse((await make()).body).Id;
  assert.match((await proxy.call('POST', `/exec/${exec}/start`, {})).body, /done$/);
  await proxy.recorded(2);
  // It is known to be over: the daemon need not be asked, and would say otherwise.
  proxy.docker.instead = ({ path, method }, socket) =>
    method === 'GET' && path.startsWith('/exec/') && send(socket, 200, { Running: true });
  assert.equal((await make()).status, 201);
});
