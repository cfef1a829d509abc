// HTTP/2 written frame by frame, one row per known trick: requests that mean two things, and
// clients that ask for more work than they do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeFrames, flags, frame, frames, headerBlock } from '../../testing/http2-wire.ts';
import { startIngress } from '../../testing/ingress.ts';
import {
  ambiguousFrames,
  one,
  post,
  request,
  smuggled,
  whole,
} from '../../testing/ingress-contract/ambiguous-frames.ts';
import { eventually } from '../../testing/ingress-contract/model.ts';
import { fakeUpstream } from '../../testing/wire.ts';

/** Each ends by what the ingress does, much sooner; a busy machine takes its time. */
const patienceMs = 8_000;
const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
/** Taken out by Node before anybody reads them; the request goes on without. */
const leftOut: typeof ambiguousFrames = [
  ['a line break in a value', (host) => one(request(host, [['x', `a\r\n\r\n${smuggled}`]]))],
  ['a line break in a name', (host) => one(request(host, [['x: a\r\nhost', 'evil.example']]))],
  ['a zero byte in a value', (host) => one(request(host, [['x', 'a\0b']]))],
];

test('no ambiguous request over HTTP/2 reaches a service', async (context) => {
  await using ingress = await startIngress([gateway]);
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const host = `localhost:${ingress.port}`;
  for (const [trick, bytes] of ambiguousFrames) {
    await context.test(trick, async () => {
      const before = ingress.telemetry.decisions().length;
      const answer = await exchangeFrames(ingress.tls, bytes(host), patienceMs);
      assert.notEqual(answer.status, 200);
      assert.deepEqual(upstream.seen, []);
      const [reset, goAway] = [frames.reset, frames.goAway].map((type) =>
        answer.types.includes(type),
      );
      const records = ingress.telemetry.decisions().slice(before);
      const denied = records.length > 0 && records.every(({ reason }) => reason !== 'allowed');
      assert.ok(reset || goAway || denied, `${answer.types}`);
    });
  }
  const good = await exchangeFrames(ingress.tls, one(request(host)), patienceMs);
  assert.equal(good.status, 200, 'the rows above fail for their trick');
  const [plain] = upstream.seen;
  const names = (seen = plain) => seen?.rawHeaders.filter((_, index) => index % 2 === 0);
  for (const [trick, bytes] of leftOut) {
    await exchangeFrames(ingress.tls, bytes(host), patienceMs);
    const last = upstream.seen.at(-1);
    assert.deepEqual([last?.url, names(last)], ['/', names()], trick);
  }
});

const repeat = (count: number, each: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => each(index)));
const settings = frame(frames.settings, 0, 0);

/** What ends the connection, and how many requests may have reached the service by then. */
const floods: readonly (readonly [
  trick: string,
  bytes: (host: string) => Buffer,
  reached: number,
  asks?: boolean,
])[] = [
  [
    'streams opened and given up (rapid reset)',
    (host) =>
      repeat(3_000, (index) =>
        Buffer.concat([
          frame(frames.headers, whole, 2 * index + 1, headerBlock(request(host))),
          frame(frames.reset, 0, 2 * index + 1, Buffer.from([0, 0, 0, 8])),
        ]),
      ),
    300,
  ],
  [
    'a head of many CONTINUATION frames',
    (host) =>
      Buffer.concat([
        frame(frames.headers, flags.endStream, 1, headerBlock(request(host))),
        repeat(1_000, (index) =>
          frame(frames.continuation, 0, 1, headerBlock([[`x${index}`, 'y']])),
        ),
      ]),
    0,
  ],
  [
    'a head of empty CONTINUATION frames',
    (host) =>
      Buffer.concat([
        frame(frames.headers, flags.endStream, 1, headerBlock(request(host))),
        repeat(1_000, () => frame(frames.continuation, 0, 1)),
      ]),
    0,
  ],
  ['settings again and again', () => repeat(1_000, () => settings), 0],
  ['pings', () => repeat(1_000, () => frame(frames.ping, 0, 0, Buffer.alloc(8))), 0],
  [
    'a body of empty frames',
    (host) =>
      Buffer.concat([
        frame(frames.headers, flags.endHeaders, 1, headerBlock(request(host, [], post))),
        repeat(2_000, () => frame(frames.data, 0, 1)),
      ]),
    0,
  ],
  [
    'a head that does not end',
    (host) => frame(frames.headers, 1, 1, headerBlock(request(host))),
    0,
    false,
  ],
  ['nothing after the settings', () => Buffer.alloc(0), 0, false],
];

/** As many streams more may be given up for each second that it takes. */
const givenUpPerSecond = 20;

for (const [trick, bytes, reached, asks = true] of floods) {
  test(`a client that asks for more work than it does, or for none, loses its connection: ${trick}`, async () => {
    // Who asks for none is cut off for that alone; who asks for much has to be, however slow it is.
    const limits = asks ? { headerTimeoutMs: 60_000 } : { headerTimeoutMs: 500 };
    await using ingress = await startIngress([gateway], { limits });
    await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
    const startedMs = performance.now();
    const flood = bytes(`localhost:${ingress.port}`);
    const answer = await exchangeFrames(ingress.tls, flood, 30_000, true);
    const seconds = (performance.now() - startedMs) / 1_000;
    assert.ok(answer.closed, 'the connection was still open');
    const isCutForIt = () =>
      ingress.telemetry.decisions().some(({ fault }) => fault === 'malformed');
    if (asks) await eventually(() => assert.ok(isCutForIt(), 'it was cut off for something else'));
    else assert.ok(!isCutForIt(), 'it asked for nothing, and was cut off for asking');
    const most = reached === 0 ? 0 : reached + Math.ceil(seconds * givenUpPerSecond);
    assert.ok(upstream.seen.length <= most, `${upstream.seen.length} of ${most} reached it`);
  });
}

test('a head over the limit, by bytes or by fields, reaches nobody', async () => {
  await using ingress = await startIngress([gateway], { limits: { headerBytesMax: 4_096 } });
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  const host = `localhost:${ingress.port}`;
  const fields = Array.from({ length: 300 }, (_, index) => [`x${index}`, ''] as const);
  const large = one(request(host, [['x', 'y'.repeat(5_000)]]));
  await exchangeFrames(ingress.tls, large, patienceMs);
  const [record] = ingress.telemetry.decisions();
  assert.deepEqual([record?.fault, record?.status], ['head-too-large', 431]);
  const many = await exchangeFrames(ingress.tls, one(request(host, fields)), patienceMs);
  assert.ok(many.types.includes(frames.reset));
  assert.deepEqual(upstream.seen, []);
});

test('more streams at once than may be are refused', async () => {
  await using ingress = await startIngress([gateway], { limits: { streamsMax: 3 } });
  await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
  upstream.server.removeAllListeners('request');
  let open = 0;
  upstream.server.on('request', () => {
    open += 1;
  });
  const block = headerBlock(request(`localhost:${ingress.port}`));
  const bytes = repeat(6, (index) => frame(frames.headers, whole, 2 * index + 1, block));
  const answering = exchangeFrames(ingress.tls, bytes, 2_000, true);
  await eventually(() => assert.equal(open, 3));
  const answer = await answering;
  assert.equal(open, 3);
  assert.ok(answer.types.includes(frames.reset) || answer.types.includes(frames.goAway));
});
