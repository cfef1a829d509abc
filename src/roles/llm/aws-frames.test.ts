// Amazon's frames to server-sent events, cut at every place; broken ones end the stream.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { AwsFrames } from './aws-frames.ts';

function frame(payload: unknown, headers: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.from(JSON.stringify(payload));
  const made = Buffer.alloc(16 + headers.length + body.length);
  made.writeUInt32BE(made.length, 0);
  made.writeUInt32BE(headers.length, 4);
  made.writeUInt32BE(crc32(made.subarray(0, 8)), 8);
  headers.copy(made, 12);
  body.copy(made, 12 + headers.length);
  made.writeUInt32BE(crc32(made.subarray(0, made.length - 4)), made.length - 4);
  return made;
}

const chunk = (event: unknown, headers?: Buffer) =>
  frame({ bytes: Buffer.from(JSON.stringify(event)).toString('base64') }, headers);

const whole = Buffer.concat([
  chunk({ type: 'message_start', message: { usage: { input_tokens: 5 } } }, Buffer.from('head')),
  chunk({ type: 'content_block_delta', delta: { text: '\u00e9' } }),
  chunk({ type: 'message_stop' }),
]);
const events =
  'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":5}}}\n\n' +
  'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"\u00e9"}}\n\n' +
  'event: message_stop\ndata: {"type":"message_stop"}\n\n';

test('frames become events, wherever they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
      const frames = new AwsFrames();
      const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const parts = places.slice(1).map((end, at) => whole.subarray(places[at], end));
      const out = parts.flatMap((part) => frames.push(part));
      assert.equal(Buffer.concat(out).toString(), events);
    }),
    { numRuns: 200 },
  );
});

test('an exception of the service is an error event', () => {
  const out = Buffer.concat(new AwsFrames().push(frame({ message: 'too busy' }))).toString();
  assert.equal(
    out,
    'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"too busy"}}\n\n',
  );
});

test('a byte that was changed, or a length that cannot be, ends the stream', () => {
  for (const at of [0, 13, whole.length - 1]) {
    const broken = Buffer.from(whole);
    broken[at] = (broken[at] ?? 0) ^ 0x40;
    assert.throws(() => new AwsFrames().push(broken));
  }
  assert.throws(() => new AwsFrames().push(Buffer.alloc(16)));
});
