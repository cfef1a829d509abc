// Bodies over the bound: refused early, and in a way that lets the client read why.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type LlmStack, startLlmStack, virtualKey } from '../../testing/provider-stack.ts';
import { BodyReader } from './body.ts';

let stack: LlmStack;
const bearer = { authorization: `Bearer ${virtualKey}` };

before(async () => {
  stack = await startLlmStack({
    settings: (input) => ({ ...input, limits: { bodyBytesMax: 100_000 } }),
  });
});
after(() => stack[Symbol.asyncDispose]());

for (const framing of [{ 'content-length': '1000000000' }, { 'transfer-encoding': 'chunked' }]) {
  test(`a body over the bound is refused before its end, ${Object.keys(framing)}`, async () => {
    const headers = { ...bearer, ...framing };
    const request = httpRequest(`${stack.url}/v1/chat/completions`, { method: 'POST', headers });
    request.on('error', () => {});
    request.write('x'.repeat('content-length' in framing ? 1 : 100_001));
    const [response] = await once(request, 'response');
    assert.equal(response.statusCode, 413);
    assert.match(await textOf(response), /larger than 100000 bytes/);
    request.destroy();
  });
}

const length = 8_000_000;
const data = 'x'.repeat(length);
const framings: readonly [name: string, header: string, body: string][] = [
  ['declared', `Content-Length: ${length}`, data],
  ['chunked', 'Transfer-Encoding: chunked', `${length.toString(16)}\r\n${data}\r\n0\r\n\r\n`],
];

// Closing over unread bytes resets the connection, and a reset takes the answer with it.
for (const [name, header, body] of framings) {
  test(`a client that writes all of a long body, ${name}, before it reads still gets the refusal`, async () => {
    const { hostname, port } = new URL(stack.url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    const faults: Error[] = [];
    socket.on('error', (error) => faults.push(error));
    const head = `POST /v1/messages HTTP/1.1\r\nHost: llm\r\nx-api-key: ${virtualKey}\r\n`;
    socket.write(`${head}${header}\r\n\r\n`);
    await new Promise((done) => socket.write(body, done));
    const answer = await textOf(socket).catch(String);
    assert.deepEqual(faults, []);
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /larger than 100000 bytes/);
  });
}

/** A request whose body comes in pieces of `step` bytes, each with its place in it. */
function incoming(text: string, step: number, declared = true): IncomingMessage {
  const pieces = text.match(new RegExp(`.{1,${step}}`, 'gs')) ?? [];
  const headers = declared ? { 'content-length': String(text.length) } : {};
  const stream = Readable.from(pieces.map((piece) => Buffer.from(piece)));
  return Object.assign(stream, { headers }) as unknown as IncomingMessage;
}

test('bodies that are held at the same time are whole and apart; memory is used again after', async () => {
  const reader = new BodyReader({ bodyBytesMax: 1e6, bodiesBytesMax: 1e7 });
  const memory = new Set<ArrayBufferLike>();
  for (let round = 0; round < 3; round += 1) {
    const texts = ['a', 'b', 'c', 'd'].map((letter) => `${round}${letter}`.repeat(30_000));
    const reads = await Promise.all(
      texts.map((text, at) => reader.read(incoming(text, 4_096, at > 0))),
    );
    for (const [at, read] of reads.entries()) {
      assert.ok('body' in read);
      assert.ok(read.body.equals(Buffer.from(texts[at] ?? '')), `the body ${at}`);
      if (at > 0) memory.add(read.body.buffer);
      read.release();
      read.release();
    }
  }
  assert.equal(memory.size, 3);
  assert.equal(reader.heldBytes, 0);
});

test('a body that came whole is gone once it is released, unless others lie in its memory', async () => {
  const reader = new BodyReader({ bodyBytesMax: 1e6, bodiesBytesMax: 1e6 });
  const released = async (text: string) => {
    const read = await reader.read(incoming(text, text.length));
    assert.ok('body' in read);
    assert.equal(String(read.body), text);
    read.release();
    return read.body.length;
  };
  assert.equal(await released('x'.repeat(60_000)), 0);
  assert.equal(await released('of a pool'), 9);
});
