// Streams cut into events and watched go by: the bytes stay, whatever way they arrive in pieces.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SseSplitter } from './sse-split.ts';
import { AnswerWatch, type Watch, watchStream } from './watch.ts';

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const event = fc
  .tuple(fc.array(fc.stringMatching(/^[a-z:{}" ]{1,12}$/), { minLength: 1, maxLength: 3 }), lineEnd)
  .map(([lines, end]) => `${lines.join(end)}${end}${end}`);

function pieces(text: string, cuts: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length];
  places.sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

test('events are found however the stream is cut, and put together they are the stream', () => {
  fc.assert(
    fc.property(fc.array(event), fc.array(fc.nat(), { maxLength: 8 }), (events, cuts) => {
      const splitter = new SseSplitter(1_000);
      const found = pieces(events.join(''), cuts).flatMap((piece) => splitter.push(piece));
      const all = [...found, splitter.end()].map(String);
      assert.equal(all.join(''), events.join(''));
      // A LF that ends a CRLF may stand at the front of the next event.
      const trimmed = all.map((one) => one.trim()).filter((one) => one !== '');
      assert.deepEqual(
        trimmed,
        events.map((one) => one.trim()).filter((one) => one !== ''),
      );
    }),
    { numRuns: 300 },
  );
});

test('an event beyond the bound comes out in parts and is not believed', () => {
  const splitter = new SseSplitter(10);
  const parts = splitter.push(Buffer.from('data: a long event'));
  assert.equal(Buffer.concat([...parts, splitter.end()]).toString(), 'data: a long event');
  assert.ok(splitter.overflowed);
});

const text = (content: string) =>
  `data: {"choices":[{"delta":{"content":${JSON.stringify(content)}}}],"usage":null}\n\n`;
const count = 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}\n\n';
const done = 'data: [DONE]\n\n';
const stream = `${text('a')}: ping\n\n${text('"usage"')}${count}${done}`;

function run(watch: Watch, input: string, cuts: readonly number[] = []): string {
  const sent = pieces(input, cuts).flatMap((piece) => watch.push(piece));
  return Buffer.concat([...sent, ...watch.end()]).toString();
}

test('a running count is believed once the stream has come to its end', () => {
  const running = (tokens: number) =>
    `data: {"choices":[{"finish_reason":null}],"usage":{"prompt_tokens":9,"completion_tokens":${tokens}}}\n\n`;
  const final = (input: string) => {
    const watch = watchStream('chat', false);
    run(watch, input);
    return [watch.seen?.usage.output, watch.seen?.final];
  };
  assert.deepEqual(final(running(1)), [1, false]);
  assert.deepEqual(final(`${count}${running(1)}`), [1, false]);
  assert.deepEqual(final(`${running(1)}${running(5)}${done}`), [5, true]);
});

test('a stream is counted and sent on as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 6 }), (cuts) => {
      const watch = watchStream('chat', false);
      assert.equal(run(watch, stream, cuts), stream);
      assert.equal(watch.seen?.usage.output, 4);
      assert.ok(watch.whole);
    }),
  );
});

test('the chunk that was not asked for is left out, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 6 }), (cuts) => {
      const watch = watchStream('chat', true);
      assert.equal(run(watch, stream, cuts), stream.replace(count, ''));
      assert.equal(watch.seen?.usage.input, 9);
    }),
  );
});

test('a stream that stops early is not whole, and its end is still sent on', () => {
  const watch = watchStream('chat', true);
  assert.equal(run(watch, `${text('a')}data: {"cho`), `${text('a')}data: {"cho`);
  assert.ok(!watch.whole);
  assert.equal(watch.seen, null);
});

test("a count inside the model's own words is no count", () => {
  const fake = '{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}';
  const watch = watchStream('chat', true);
  run(watch, `${text(fake)}${done}`);
  assert.equal(watch.seen, null);
});

test('a stream with an event too long to keep is sent on as it was, and its count not believed', () => {
  const long = `${text('x'.repeat(2_000_000))}${count}${done}`;
  const watch = watchStream('chat', true);
  assert.equal(run(watch, long, [1_500_000]), long.replace(count, ''));
  assert.equal(watch.seen, null);
});

test('a whole answer is counted, a broken one is not', () => {
  const answer = '{"usage":{"input_tokens":3,"output_tokens":2}}';
  const whole = new AnswerWatch('messages', 1_000);
  assert.equal(run(whole, answer, [5]), answer);
  assert.deepEqual([whole.seen?.usage.input, whole.whole], [3, true]);
  const broken = new AnswerWatch('messages', 1_000);
  run(broken, answer.slice(0, -1));
  assert.deepEqual([broken.seen, broken.whole], [null, false]);
});

test('an answer too long to keep is sent on and not counted', () => {
  const watch = new AnswerWatch('messages', 10);
  const answer = '{"usage":{"input_tokens":3,"output_tokens":2}}';
  assert.equal(run(watch, answer), answer);
  assert.deepEqual([watch.seen, watch.whole], [null, true]);
});
