// Lines that cannot be written wait and are written later, whole and in order; what is lost is
// told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineWriter } from './line-writer.ts';

/** A disk with room for so many bytes. */
function disk(room: number) {
  const state = { room, text: '' };
  const write = (bytes: Buffer) => {
    if (state.room === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    const part = bytes.subarray(0, state.room);
    state.room -= part.length;
    state.text += part.toString();
    return part.length;
  };
  return { state, writer: lineWriter(-1, write) };
}

test('lines are written at once', () => {
  const { state, writer } = disk(100);
  writer.write('one');
  writer.write('two');
  assert.equal(state.text, 'one\ntwo\n');
  assert.equal(writer.fault(), null);
});

test('a full disk is told, and no half line is left behind when there is room again', () => {
  const { state, writer } = disk(6);
  for (const line of ['one', 'two', 'three']) writer.write(line);
  assert.equal(state.text, 'one\ntw');
  assert.equal(writer.fault(), 'ENOSPC');
  state.room = 100;
  assert.equal(writer.fault(), null);
  assert.equal(state.text, 'one\ntwo\nthree\n');
});

test('lines beyond what may wait are counted, and the count is told', () => {
  const { state, writer } = disk(0);
  for (let i = 0; i < 10_003; i += 1) writer.write(`${i}`);
  assert.equal(writer.fault(), 'ENOSPC');
  state.room = 1e6;
  writer.write('after');
  assert.equal(writer.fault(), null);
  const lines = state.text.trimEnd().split('\n');
  assert.deepEqual(lines.slice(9_999), ['9999', '{"level":"error","event":"lines-lost","lost":4}']);
});

test('a reader that is slow for a moment is waited for', () => {
  let tries = 0;
  const writer = lineWriter(-1, (bytes) => {
    tries += 1;
    if (tries < 3) throw Object.assign(new Error('later'), { code: 'EAGAIN' });
    return bytes.length;
  });
  writer.write('line');
  assert.equal(tries, 3);
  assert.equal(writer.fault(), null);
});
