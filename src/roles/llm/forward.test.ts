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
  const seen: string[] = [];
  const watch: Watch = {
    push(chunk) {
      seen.push(String(chunk));
      return [chunk];
    },
    end: () => [],
    ...{ seen: null, whole: false, responseId: null },
  };
  const body = new AnswerBody(flow);
  const response = client as unknown as ServerResponse;
  return { client, body, seen, sent: sendBody(body, response, watch, idleTimeoutMs, false) };
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
  const { client, body, sent } = sending();
  client.takes = false;
  body.push(Buffer.from('one'));
  body.push(Buffer.from('much that was made meanwhile'));
  client.destroy();
  body.end(new GivenUp());
  const { reason, stopped } = await sent;
  assert.deepEqual([reason, stopped], ['client-gone', false]);
});

test('what had come before the call was ended is counted, though its client has left', async () => {
  const { client, body, sent, seen } = sending();
  body.push(Buffer.from('one'));
  client.takes = false;
  client.destroy();
  body.push(Buffer.from('two'));
  body.push(Buffer.from('three'));
  body.end(new GivenUp());
  const { reason, stopped } = await sent;
  assert.deepEqual([reason, stopped, seen], ['client-gone', true, ['one', 'two', 'three']]);
});

test('a provider that breaks off under a client that stays is told as such', async () => {
  const { body, sent } = sending();
  body.end(new Error('socket hang up'));
  const { reason, stopped } = await sent;
  assert.deepEqual([reason, stopped], ['answer-broken', false]);
});
