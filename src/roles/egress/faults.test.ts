// What breaks around the proxy: far ends that reset, clients that vanish, a record that cannot be
// written. Each ends in one record and leaves nothing open.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectThrough } from '../../net/connect-client.ts';
import { clientHello } from '../../testing/client-hello.ts';
import { type EgressOptions, openEgress, type RunningEgress } from '../../testing/egress.ts';
import {
  echo,
  echoedTunnel,
  type FarEnd,
  farName,
  gone,
  nextBytes,
  openFarEnd,
} from '../../testing/far-end.ts';
import { answerWith, openNameServer } from '../../testing/name-server.ts';

function open(far: FarEnd, more: Partial<EgressOptions> = {}): Promise<RunningEgress> {
  return openEgress({
    answers: { [farName]: ['127.0.0.1'] },
    ...more,
    settings: {
      rules: [{ caller: 'llm', hosts: [farName], ports: [far.port] }],
      unsafeAllowAddresses: ['127.0.0.1'],
    },
  });
}

/** The one record, and that nothing is counted as open after it. */
async function onlyRecord(egress: RunningEgress) {
  await egress.stop();
  const [record, ...rest] = egress.telemetry.decisions();
  assert.deepEqual(rest, []);
  const metrics = await egress.telemetry.metrics.metrics();
  assert.match(metrics, /^clincher_open_connections\{caller="llm"\} 0$/m);
  return record;
}

test('a far end that resets before the hello', async () => {
  await using far = await openFarEnd(() => {});
  await using egress = await open(far);
  const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
  far.sockets[0]?.resetAndDestroy();
  client.write(clientHello());
  await gone(client);
  assert.equal((await onlyRecord(egress))?.end, 'broken');
});

test('a far end that resets on the hello', async () => {
  await using far = await openFarEnd((socket) =>
    socket.once('data', () => socket.resetAndDestroy()),
  );
  await using egress = await open(far);
  const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
  client.write(clientHello());
  await gone(client);
  const record = await onlyRecord(egress);
  assert.deepEqual([record?.end, record?.bytesUp], ['broken', clientHello().length]);
});

test('a far end that resets in the middle of its answer', async () => {
  await using far = await openFarEnd(echo);
  await using egress = await open(far);
  const client = await echoedTunnel(egress, far.port);
  far.sockets[0]?.write(Buffer.alloc(100_000));
  await nextBytes(client);
  far.sockets[0]?.resetAndDestroy();
  await gone(client);
  assert.equal((await onlyRecord(egress))?.end, 'broken');
});

for (const [name, bytes, reason] of [
  ['half a head', Buffer.from('CONNECT api.exam'), 'client-gone'],
  ['half a hello', null, 'not-tls'],
] as const) {
  test(`a client that vanishes after ${name}`, async () => {
    await using far = await openFarEnd(echo);
    await using egress = await open(far);
    const client = egress.connect().on('error', () => {});
    const head = `CONNECT ${farName}:${far.port} HTTP/1.1\r\n\r\n`;
    if (bytes === null) {
      client.write(head);
      await nextBytes(client);
    }
    client.write(bytes ?? clientHello().subarray(0, 50), () => client.destroy());
    while (egress.telemetry.decisions().length === 0) {
      await new Promise((done) => setImmediate(done));
    }
    const record = await onlyRecord(egress);
    assert.deepEqual([record?.verdict, record?.reason], ['deny', reason]);
    assert.ok(far.sockets.every((socket) => socket.bytesRead === 0));
  });
}

test('a client that vanishes while its host is looked up leaves no connection behind', async () => {
  await using far = await openFarEnd(echo);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<readonly string[]>();
  await using egress = await open(far, {
    resolve: () => {
      asked.resolve();
      return answer.promise;
    },
  });
  const client = egress.connect().on('error', () => {});
  client.write(`CONNECT ${farName}:${far.port} HTTP/1.1\r\n\r\n`);
  await asked.promise;
  client.destroy();
  await gone(client);
  answer.resolve(['127.0.0.1']);
  while (egress.telemetry.decisions().length === 0) {
    await new Promise((done) => setImmediate(done));
  }
  for (const socket of far.sockets) await gone(socket);
  await egress.stop();
  assert.deepEqual(
    egress.telemetry.decisions().map(({ verdict }) => verdict),
    ['deny'],
  );
});

test('while the record cannot be written nothing is resolved or dialled, and it is said', async () => {
  await using far = await openFarEnd(echo);
  let fault: string | null = 'ENOSPC';
  await using egress = await open(far, { fault: () => fault });
  const refused = connectThrough(egress.address, farName, far.port, 'r', 5_000);
  await assert.rejects(refused, {
    answer: { status: 503, reason: 'record-unavailable', requestId: 'r' },
  });
  assert.deepEqual([egress.resolved, far.sockets], [[], []]);
  assert.deepEqual(egress.health(), {
    ready: false,
    detail: 'the record cannot be written: ENOSPC',
  });
  fault = null;
  const client = await echoedTunnel(egress, far.port);
  assert.equal(egress.health().ready, true);
  client.destroy();
});

test('those who ask for a name within a moment make one lookup', async () => {
  await using far = await openFarEnd(echo);
  await using egress = await open(far);
  const clients = await Promise.all([1, 2, 3].map(() => echoedTunnel(egress, far.port)));
  assert.deepEqual(egress.resolved, [farName]);
  for (const client of clients) client.destroy();
});

test('a lookup that failed is not kept', async () => {
  await using far = await openFarEnd(echo);
  let isDown = true;
  await using egress = await open(far, {
    async resolve() {
      if (isDown) throw Object.assign(new Error('down'), { code: 'ESERVFAIL' });
      return ['127.0.0.1'];
    },
  });
  const first = connectThrough(egress.address, farName, far.port, 'r', 5_000);
  await assert.rejects(first, /name-unresolvable/);
  isDown = false;
  const client = await echoedTunnel(egress, far.port);
  client.destroy();
});

test('the name servers of the settings are asked, and no other', async () => {
  await using far = await openFarEnd(echo);
  const server = await openNameServer(answerWith([127, 0, 0, 1], [...Array(15).fill(0), 1]));
  await using egress = await openEgress({
    answers: {},
    settings: {
      rules: [{ caller: 'llm', hosts: [farName], ports: [far.port] }],
      unsafeAllowAddresses: ['127.0.0.1'],
      resolvers: [server.address],
    },
  });
  const client = await echoedTunnel(egress, far.port);
  client.destroy();
  await egress.stop();
  server.socket.close();
  const [record] = egress.telemetry.decisions();
  assert.deepEqual([record?.address, record?.answersDenied], ['127.0.0.1', 1]);
  assert.deepEqual(egress.resolved, []);
});

test('a name server of the settings that is down is name-unresolvable or late', async () => {
  const server = await openNameServer(() => null);
  server.socket.close();
  await using egress = await openEgress({
    settings: {
      rules: [{ caller: 'llm', hosts: [farName] }],
      resolvers: [server.address],
      limits: { resolveTimeoutMs: 300 },
    },
  });
  const refused = connectThrough(egress.address, farName, 443, 'r', 5_000);
  await assert.rejects(refused, /50[24] (?:name-unresolvable|resolve-timeout)/);
});
