// Attacks with a second hello: the server asks for one, and what comes then names somebody else.
// The server must have heard the first hello and not a byte of the other.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { connectThrough } from '../../net/connect-client.ts';
import { clientHello, extension, records } from '../../testing/client-hello.ts';
import { openEgress, type RunningEgress } from '../../testing/egress.ts';
import {
  retryMessage,
  secondHelloAttacks,
  serverHello,
} from '../../testing/egress-attacks/second-hellos.ts';
import { type FarEnd, farName, gone, nextBytes, openFarEnd } from '../../testing/far-end.ts';
import { writePki } from '../../testing/pki.ts';
import { temporaryFolder } from '../../testing/wire.ts';

const first = clientHello();
const retry = records(retryMessage);

interface Server extends FarEnd {
  heard(): Buffer;
}

/** Answers the first hello once it has it whole, and whatever comes next with nothing. */
async function openServer(answer: Buffer, firstBytes = first.length): Promise<Server> {
  const parts: Buffer[] = [];
  const heard = () => Buffer.concat(parts);
  let isAnswered = false;
  const far = await openFarEnd((socket) => {
    socket.once('end', () => socket.end());
    socket.on('data', (bytes) => {
      parts.push(bytes);
      if (isAnswered || heard().length < firstBytes) return;
      isAnswered = true;
      socket.write(answer);
    });
  });
  return { ...far, heard };
}

function open(far: FarEnd, rule: object = {}): Promise<RunningEgress> {
  return openEgress({
    answers: { [farName]: ['127.0.0.1'] },
    settings: {
      rules: [{ caller: 'llm', hosts: [farName], ports: [far.port], ...rule }],
      unsafeAllowAddresses: ['127.0.0.1'],
    },
  });
}

/** Resolves once the server has heard this many bytes. */
async function heardBytes(far: Server, bytes: number): Promise<Buffer> {
  while (far.heard().length < bytes) await new Promise((done) => setImmediate(done));
  return far.heard();
}

for (const { tries, reason, ahead, answer, after } of secondHelloAttacks) {
  test(`it does not help to ${tries} in a second hello: ${reason}`, {
    timeout: 5_000,
  }, async () => {
    await using far = await openServer(answer);
    await using egress = await open(far);
    const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
    client.on('error', () => {}).write(Buffer.concat([first, ahead]));
    for (let got = 0; got < answer.length; ) {
      const bytes = await nextBytes(client);
      if (bytes.length === 0) break;
      got += bytes.length;
    }
    if (after.length > 0 && !client.destroyed) client.write(after);
    await gone(client);
    await egress.stop();
    const [record] = egress.telemetry.decisions();
    assert.deepEqual([record?.verdict, record?.reason], ['deny', reason]);
    const heard = far.heard();
    assert.ok(heard.subarray(0, first.length).equals(first), 'the first hello was not passed on');
    assert.ok(!heard.subarray(first.length).includes(22), 'something of a second was');
    assert.ok(!heard.includes('evil'));
  });
}

test('no two attacks are the same', () => {
  const texts = secondHelloAttacks.map(({ tries: _, ...rest }) => JSON.stringify(rest));
  assert.equal(new Set(texts).size, secondHelloAttacks.length);
});

const early = records(Buffer.from('early'), 100, 23);
const changeCipher = Buffer.from([20, 3, 3, 0, 1, 1]);

test('a second hello that names the same server goes through, and all behind it', async () => {
  await using far = await openServer(retry);
  await using egress = await open(far);
  const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
  client.write(first);
  assert.deepEqual(await nextBytes(client), retry);
  const second = Buffer.concat([changeCipher, records(clientHello().subarray(5), 60)]);
  client.write(second);
  const wanted = Buffer.concat([first, second]);
  assert.deepEqual(await heardBytes(far, wanted.length), wanted);
  client.write('anything');
  await heardBytes(far, wanted.length + 8);
  client.destroy();
});

test('early data does not wait for the answer', async () => {
  await using far = await openServer(retry, Number.POSITIVE_INFINITY);
  await using egress = await open(far);
  const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
  const sent = Buffer.concat([first, changeCipher, early]);
  client.write(sent);
  assert.deepEqual(await heardBytes(far, sent.length), sent);
  client.destroy();
});

test('without a question for a second hello nothing is looked at', async () => {
  const random = Buffer.alloc(32, 1);
  await using far = await openServer(records(serverHello(random)));
  await using egress = await open(far);
  const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
  client.write(first);
  await nextBytes(client);
  const rest = Buffer.from('what a client says after a hello is its own business');
  client.write(rest);
  const wanted = Buffer.concat([first, rest]);
  assert.deepEqual(await heardBytes(far, wanted.length), wanted);
  client.destroy();
});

test('a first hello that hides may be followed by one that hides', async () => {
  const hiding = clientHello({ more: [extension(0xfe0d, Buffer.alloc(9))] });
  await using far = await openServer(retry, hiding.length);
  await using egress = await open(far, { ech: 'allow' });
  const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
  client.write(hiding);
  await nextBytes(client);
  client.write(hiding);
  await heardBytes(far, 2 * hiding.length);
  client.destroy();
});

test('a real client and a real server that want two hellos get their connection', async () => {
  await using folder = await temporaryFolder();
  const pki = await writePki(folder.path, {});
  const cert = await readFile(pki.certFile('server'));
  const key = await readFile(pki.keyFile('server'));
  const server = createServer({ cert, key, ecdhCurve: 'P-256' }, (socket) => socket.end('hello'));
  await using far = await openFarEnd((socket) => void server.emit('connection', socket));
  await using egress = await open(far);
  const socket = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
  const tls = connect({
    ...{ socket, servername: farName, ca: await readFile(pki.caFile) },
    ...{ ecdhCurve: 'X25519:P-256', minVersion: 'TLSv1.3', checkServerIdentity: () => undefined },
  });
  let text = '';
  for await (const part of tls.setEncoding('utf8')) text += part;
  assert.equal(text, 'hello');
  server.close();
});

test('a client that ends after its first hello ends for the server too', async () => {
  const ended = Promise.withResolvers<void>();
  await using far = await openFarEnd((socket) => {
    socket.resume().once('end', ended.resolve);
  });
  await using egress = await open(far);
  const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
  client.end(first);
  await ended.promise;
});

for (const [who, end, leave] of [
  ['a server that resets', 'broken', (far: Server) => far.sockets[0]?.resetAndDestroy()],
  ['a client that vanishes', 'closed', (_far: Server, client: Socket) => client.destroy()],
] as const) {
  test(`${who} between two hellos ends the other side too`, { timeout: 5_000 }, async () => {
    await using far = await openServer(retry);
    await using egress = await open(far);
    const client = await connectThrough(egress.address, farName, far.port, 'r', 5_000);
    client.on('error', () => {}).write(first);
    await nextBytes(client);
    leave(far, client);
    await gone(client);
    for (const socket of far.sockets) await gone(socket);
    await egress.stop();
    const records = egress.telemetry.decisions();
    assert.deepEqual(
      records.map((record) => record.end),
      [end],
    );
  });
}
