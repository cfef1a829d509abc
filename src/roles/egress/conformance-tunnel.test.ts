// What anyone may expect of a tunnel: what goes through is what was sent and nothing of the request
// before it, each end ends on its own, and its place is free when it is over.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connectThrough } from '../../net/connect-client.ts';
import { clientHello } from '../../testing/client-hello.ts';
import { openEgress, type RunningEgress } from '../../testing/egress.ts';
import { connectTo } from '../../verify/attacks/egress/write.ts';
import { egressRecord } from './record.ts';

const name = 'api.example.com';
const hello = clientHello();
let far: Server;
let port = 0;
let serve: (socket: Socket) => void;

before(async () => {
  far = createServer({ allowHalfOpen: true }, (socket) => serve(socket.on('error', () => {})));
  far.listen(0, '127.0.0.1');
  await once(far, 'listening');
  port = (far.address() as AddressInfo).port;
});
after(() => new Promise((done) => far.close(done)));

const open = (rule: object = {}, more: object = {}) =>
  openEgress({
    settings: {
      rules: [{ caller: 'llm', hosts: [name], ports: [port], ...rule }],
      unsafeAllowAddresses: ['127.0.0.1'],
      ...more,
    },
    answers: { [name]: ['127.0.0.1'] },
  });

/** What the far end hears until the tunnel ends. */
async function heard(
  egress: RunningEgress,
  use: (client: Socket) => Promise<void>,
): Promise<Buffer> {
  const ended = new Promise<Buffer>((resolve) => {
    serve = async (socket) => {
      const parts: Buffer[] = [];
      for await (const part of socket) parts.push(part);
      resolve(Buffer.concat(parts));
      socket.end();
    };
  });
  const client = egress.connect().on('error', () => {});
  await use(client);
  return ended;
}

test('nothing of the request reaches the far end: no header, no credential, no id', async () => {
  await using egress = await open();
  const request = connectTo(
    `${name}:${port}`,
    ...['Host: api.example.com', 'User-Agent: secret-agent', 'X-Smokescreen-Role: llm'],
    ...['Proxy-Authorization: Basic c2VjcmV0', 'X-Request-Id: r-1', 'Cookie: secret'],
  );
  const bytes = await heard(egress, async (client) => {
    client.write(request);
    client.end(hello);
  });
  assert.deepEqual(bytes, hello);
});

test('the answer to an allowed request is a status and an id, and no more', async () => {
  await using egress = await open();
  let answer = '';
  await heard(egress, async (client) => {
    client.write(connectTo(`${name}:${port}`, 'X-Request-Id: r-1'));
    [answer] = (await once(client.setEncoding('latin1'), 'data')) as [string];
    client.end(hello);
  });
  assert.equal(answer, 'HTTP/1.1 200 Connection Established\r\nx-request-id: r-1\r\n\r\n');
});

test('what a far end says of reasons is its own business, to the byte', async () => {
  await using egress = await open();
  const forged = 'HTTP/1.1 407 No\r\nx-clincher-reason: allowed\r\n\r\n\x00\xff';
  serve = (socket) => void socket.resume().end(forged, 'latin1');
  const client = await connectThrough(egress.address, name, port, 'r', 5_000);
  client.write(hello);
  const parts: Buffer[] = [];
  for await (const part of client) parts.push(part);
  assert.equal(Buffer.concat(parts).toString('latin1'), forged);
});

test('a far end that has said all still hears what the client has to say', async () => {
  await using egress = await open();
  const all = Promise.withResolvers<Buffer>();
  serve = async (socket) => {
    socket.end('goodbye');
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part);
    all.resolve(Buffer.concat(parts));
  };
  const client = egress.connect().on('error', () => {});
  client.write(Buffer.concat([Buffer.from(connectTo(`${name}:${port}`)), hello]));
  let text = '';
  for await (const part of client.setEncoding('latin1').iterator({ destroyOnReturn: false })) {
    text += part;
    if (text.endsWith('goodbye')) break;
  }
  client.end('afterwards');
  assert.deepEqual(await all.promise, Buffer.concat([hello, Buffer.from('afterwards')]));
});

test('the place of a tunnel is free once it is over, however it ends', async () => {
  await using egress = await open({}, { limits: { tunnelsMax: 1 } });
  const ways: readonly ((client: Socket) => unknown)[] = [
    (client) => client.end(hello),
    (client) => client.destroy(),
    (client) => client.end(),
    (client) => client.end('no TLS'),
  ];
  serve = (socket) => void socket.resume().once('end', () => socket.end());
  for (const way of ways) {
    const client = await oncePermitted(egress);
    const closed = once(client.on('error', () => {}).resume(), 'close');
    way(client);
    await closed;
  }
  (await oncePermitted(egress)).destroy();
  await egress.stop();
  const records = egress.telemetry.decisions().map((line) => egressRecord.parse(line));
  const tunnels = records.filter(({ reason }) => reason !== 'tunnels-too-many');
  assert.equal(tunnels.length, ways.length + 1, 'one record a tunnel');
  const metrics = await egress.telemetry.metrics.metrics();
  assert.match(metrics, /\nclincher_open_connections\{caller="llm"\} 0\n/);
});

test('what a rule only reports goes through, and its record says what would allow it', async () => {
  await using egress = await open({ hosts: ['other.example.com'], mode: 'report' });
  await heard(egress, async (client) => {
    client.write(connectTo(`${name}:${port}`));
    client.end(hello);
  });
  await egress.stop();
  const [record] = egress.telemetry.decisions().map((line) => egressRecord.parse(line));
  assert.deepEqual([record?.verdict, record?.reason], ['report', 'host-not-allowed']);
  assert.match(record?.fix ?? '', new RegExp(`hosts: \\[${name}\\], ports: \\[${port}\\]`));
});

/** The slot is free a moment after its client has gone; until then the answer is 429. */
async function oncePermitted(egress: RunningEgress): Promise<Socket> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await connectThrough(egress.address, name, port, 'r', 5_000);
    } catch (error) {
      if (tries > 200 || !String(error).includes('429')) throw error;
    }
  }
}
