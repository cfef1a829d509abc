// Which answer is dialled when: families in turn, the next beside one that hangs, one winner, and
// nobody who is not on the list.

import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import type { Dial } from '../../net/dial.ts';
import { dialAnswers, interleaved } from './dial-answers.ts';

const bounds = { dialTimeoutMs: 5_000, dialAttemptDelayMs: 5 };
const of = (...addresses: [string, ...string[]]) => {
  const [first, ...others] = addresses.map((address) => ({ address }));
  return [first ?? { address: '' }, ...others] as const;
};

test('the families take turns, beginning with the first answer', () => {
  const order = (...list: string[]) =>
    interleaved(list.map((address) => ({ address }))).map(({ address }) => address);
  assert.deepEqual(order('::1', '::2', '::3', '1.1.1.1'), ['::1', '1.1.1.1', '::2', '::3']);
  assert.deepEqual(order('1.1.1.1', '::1', '::2'), ['1.1.1.1', '::1', '::2']);
  assert.deepEqual(order(), []);
});

test('one that hangs is overtaken, and ended', async () => {
  const won = new Socket();
  let ended = false;
  const dial: Dial = (address, _port, _timeoutMs, signal) =>
    address === '192.0.2.1'
      ? new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            ended = true;
            reject(signal.reason);
          });
        })
      : Promise.resolve(won);
  const result = await dialAnswers(dial, of('192.0.2.1', '192.0.2.2'), 443, bounds);
  assert.ok('far' in result && result.far === won);
  assert.equal(result.answer.address, '192.0.2.2');
  assert.ok(ended);
});

test('one that connects after another has won is closed', async () => {
  const late = Promise.withResolvers<Socket>();
  const loser = new Socket();
  const dial: Dial = (address) =>
    address === '192.0.2.1' ? late.promise : Promise.resolve(new Socket());
  const result = await dialAnswers(dial, of('192.0.2.1', '192.0.2.2'), 443, bounds);
  assert.ok('far' in result);
  late.resolve(loser);
  await new Promise((done) => setImmediate(done));
  assert.ok(loser.destroyed);
});

test('all are dialled, each once and in turn, and the last failure is told', async () => {
  const dialled: string[] = [];
  const dial: Dial = (address) => {
    dialled.push(address);
    return Promise.reject(new Error(address));
  };
  const list = of('192.0.2.1', '192.0.2.2', '2001:db8::1');
  const result = await dialAnswers(dial, list, 443, { ...bounds, dialAttemptDelayMs: 60_000 });
  assert.deepEqual(dialled, ['192.0.2.1', '2001:db8::1', '192.0.2.2']);
  assert.ok('error' in result && String(result.error).includes('192.0.2.2'));
});
