// The body of an answer, read part by part, over a connection that does what real ones do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerBody } from './answer-body.ts';

test('a connection that gives an empty part whenever it goes on is read to its end', async () => {
  const parts = ['one', 'two'].map((text) => Buffer.from(text));
  let resumed = 0;
  const next = () => {
    const part = parts.shift();
    if (part === undefined) body.end(true);
    else body.push(part);
  };
  const body = new AnswerBody({
    pause() {},
    abort() {},
    resume() {
      resumed += 1;
      assert.ok(resumed < 10, 'it is asked to go on without end');
      body.push(Buffer.alloc(0));
      setImmediate(next);
    },
  });
  setImmediate(next);
  const read: string[] = [];
  for await (const part of body) read.push(part.toString());
  assert.deepEqual(read, ['one', 'two']);
});
