// How the body of an answer ended: whether the provider was stopped while all that it had made was
// being read, on which it depends what is taken for its work.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { sendBody } from './forward.ts';
import { AnswerBody, GivenUp } from './upstream/answer-body.ts';
import type { Watch } from './watch.ts';

const flow = { pause() {}, resume() {}, abort() {} };
const watch = {
  push: (chunk: Buffer) => [chunk],
  end: () => [],
  seen: null,
  whole: false,
  responseId: null,
} as Watch;

/** A client that takes as much as it is told to. */
class Client extends EventEmitter {
  destroyed = false;
  readonly writableCorked = 0;
  takes = true;
  write(): boolean {
    return this.takes;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function sending(idleTimeoutMs = 60_000) {
  const client = new Client();
  const body = new AnswerBody(flow);
  const response = client as unknown as ServerResponse;
  return { client, body, sent: sendBody(body, response, watch, idleTimeoutMs, false) };
}

test('a client that leaves while it reads has stopped the provider', async () => {
  const { client, body, sent } = sending();
  body.push(Buffer.from('one'));
  client.destroy();
  body.end(new GivenUp());
  const { reason, stopped } = await sent;
  assert.deepEqual([reason, stopped], ['client-gone', true]);
});

test('a provider that broke off as the client left was not stopped by it', async () => {
  const { client, body, sent } = sending();
  body.push(Buffer.from('one'));
  client.destroy();
  body.end(new Error('socket hang up'));
  const { reason, stopped } = await sent;
  assert.deepEqual([reason, stopped], ['client-gone', false]);
});

test('a client that reads no more and leaves has left unread what nobody counted', async () => {
  const { client, body, sent } = sending(20);
  client.takes = false;
  body.push(Buffer.from('one'));
  body.push(Buffer.from('much that was made meanwhile'));
  client.destroy();
  body.end(new GivenUp());
  const { reason, stopped } = await sent;
  assert.deepEqual([reason, stopped], ['client-gone', false]);
});

test('a provider that breaks off under a client that stays is told as such', async () => {
  const { body, sent } = sending();
  body.end(new Error('socket hang up'));
  const { reason, stopped } = await sent;
  assert.deepEqual([reason, stopped], ['answer-broken', false]);
});
