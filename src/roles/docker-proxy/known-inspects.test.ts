// An answer of the daemon that was read before saves reading it again, and nothing else: another is
// judged and given as it is, however alike.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownedBy, startDockerProxy } from '../../testing/docker-proxy.ts';
import { KnownInspects } from './known-inspects.ts';

const parse = (body: Buffer): unknown => JSON.parse(body.toString());

test('the same bytes are read once, others each time', () => {
  const known = new KnownInspects();
  const first = known.of('/a', Buffer.from('{"a":1}'), parse);
  assert.equal(known.of('/a', Buffer.from('{"a":1}'), parse), first);
  const other = known.of('/a', Buffer.from('{"a":2}'), parse);
  assert.deepEqual(other.value, { a: 2 });
  assert.equal(other.shaped, null);
  assert.notEqual(known.of('/b', Buffer.from('{"a":2}'), parse), other);
});

test('what is kept is bounded in number and in bytes', () => {
  const known = new KnownInspects();
  const body = Buffer.from('1');
  const first = known.of('/0', body, parse);
  for (let index = 1; index <= 64; index += 1) known.of(`/${index}`, body, parse);
  assert.notEqual(known.of('/0', body, parse), first);
  const large = Buffer.from(`"${'x'.repeat(70_000)}"`);
  assert.notEqual(known.of('/large', large, parse), known.of('/large', large, parse));
});

test('a container that came to be another’s is gone at the next inspect, by id and by name', async () => {
  await using proxy = await startDockerProxy();
  const box = proxy.docker.add('box', ownedBy('gateway'));
  const ways = [box.Id, box.Id.slice(0, 12), 'box'];
  for (const text of [...ways, ...ways]) {
    assert.equal((await proxy.call('GET', `/containers/${text}/json`)).status, 200);
  }
  Object.assign(box.Config, { Labels: ownedBy('other') });
  for (const text of ways) {
    assert.equal((await proxy.call('GET', `/containers/${text}/json`)).status, 404);
  }
});

test('a secret that comes into an answer is masked, however often it was given before', async () => {
  await using proxy = await startDockerProxy();
  const box = proxy.docker.add('box', { ...ownedBy('gateway'), team: 'a' });
  const labelsNow = async () => {
    const { body } = await proxy.call('GET', '/containers/box/json');
    return JSON.parse(body).Config.Labels;
  };
  assert.equal((await labelsNow()).team, 'a');
  assert.equal((await labelsNow()).team, 'a');
  const Labels = { ...ownedBy('gateway'), team: 'b', password: 'hunter2' };
  Object.assign(box.Config, { Labels });
  assert.equal((await labelsNow()).team, 'b');
  assert.equal((await labelsNow()).password, '***');
  assert.equal((await proxy.call('GET', '/containers/box/json', undefined, 'other')).status, 404);
});
