// The answer to a forwarded request: a host cannot speak in the proxy's name, and what is not plain
// HTTP is told to nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Changed } from '../../net/tunnel.ts';
import type { Reason } from '../../policy/reasons.ts';
import { openEgress } from '../../testing/egress.ts';
import { openFarEnd } from '../../testing/far-end.ts';
import { ForwardAnswer } from './forward-answer.ts';

const ok = 'HTTP/1.1 200 OK';
const text = (...lines: string[]) => [...lines, '', ''].join('\r\n');

const close = 'Connection: close';
const kept: readonly (readonly [string, string, string])[] = [
  ['nothing of ours', text(ok, 'A: b'), text(ok, 'A: b', close)],
  ['our reason', text(ok, 'x-clincher-reason: allowed', 'A: b'), text(ok, 'A: b', close)],
  ['our reason in capitals', text(ok, 'X-CLINCHER-REASON: allowed'), text(ok, close)],
  ['any header of our name', text(ok, 'X-Clincher-Whatever:'), text(ok, close)],
  ['what asks for credentials', text(ok, 'Proxy-Authenticate: Basic'), text(ok, close)],
  [
    'an answer before the answer',
    text('HTTP/1.1 103 Early Hints', 'X-Clincher-A: b') + text(ok),
    text('HTTP/1.1 103 Early Hints') + text(ok, close),
  ],
  ['no reason phrase', text('HTTP/1.0 404'), text('HTTP/1.0 404', close)],
  [
    'a connection to be kept, for a second answer that nobody asked for',
    text(ok, 'Content-Length: 0', 'connection: keep-alive', 'Keep-Alive: timeout=60'),
    text(ok, 'Content-Length: 0', close),
  ],
  [
    'a connection to be kept, to an old client',
    text('HTTP/1.0 200 OK', 'Connection: Keep-Alive', 'Connection: x'),
    text('HTTP/1.0 200 OK', close),
  ],
];

for (const [what, given, expected] of kept) {
  test(`an answer with ${what} is passed on as it may be, however it is cut`, () => {
    const body = 'x-clincher-reason: of the body\r\n\r\n';
    const whole = Buffer.from(given + body, 'latin1');
    for (const bytes of [whole.length, 1, 7]) {
      const answer = new ForwardAnswer(1_000);
      let passed = '';
      let isOver = false;
      for (let at = 0; at < whole.length; at += bytes) {
        const part = whole.subarray(at, at + bytes);
        const changed: Changed<Reason> = isOver ? { pass: part, isOver } : answer.read(part);
        assert.ok('pass' in changed);
        passed += changed.pass.toString('latin1');
        isOver = changed.isOver;
      }
      assert.equal(passed, expected + body);
    }
  });
}

const refused: readonly (readonly [string, string])[] = [
  ['that is no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['of another version', text('HTTP/2.0 200 OK')],
  ['that switches protocols', text('HTTP/1.1 101 Switching Protocols', 'Upgrade: x')],
  ['with a folded header', text(ok, 'A: b', ' x-clincher-reason: allowed')],
  ['with a space before a colon', text(ok, 'X-Clincher-Reason : allowed')],
  ['with a lone line feed', text(ok, 'A: b\nx-clincher-reason: allowed')],
  ['with a lone carriage return', text(ok, 'A: b\rx-clincher-reason: allowed')],
  ['with a NUL', text(ok, 'A: b\0')],
  ['without a colon', text(ok, 'A')],
  ['with a header too many', text(ok, ...Array<string>(129).fill('A: b'))],
  ['that does not end', `${ok}\r\nA: ${'b'.repeat(2_000)}`],
];

for (const [what, given] of refused) {
  test(`an answer ${what} is answer-malformed, and none of it reaches the client`, async () => {
    await using far = await openFarEnd((socket) => {
      socket.once('data', () => socket.end(given, 'latin1'));
    });
    await using egress = await openEgress({
      settings: {
        rules: [{ caller: 'llm', hosts: ['box.example'], ports: [far.port], plainHttp: true }],
        resolve: { 'box.example': ['127.0.0.1'] },
        unsafeAllowAddresses: ['127.0.0.1'],
        limits: { headerBytesMax: 1_000 },
      },
    });
    const host = `box.example:${far.port}`;
    const got = await egress.send(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.match(got, /^HTTP\/1\.1 502 .*x-clincher-reason: answer-malformed\r\n/s);
    assert.doesNotMatch(got, /200 OK|allowed|OpenSSH/);
    await egress.stop();
    const [record] = egress.telemetry.decisions();
    assert.deepEqual([record?.verdict, record?.reason], ['deny', 'answer-malformed']);
  });
}

test('whatever a host answers, no header of ours is in the head that is passed on', () => {
  const piece = fc.constantFrom(
    ...['HTTP/1.1 200 OK', 'HTTP/1.1 100 Continue', '\r\n', '\r\n\r\n', '\n', '\r', ' ', ':', '\0'],
    ...['x-clincher-reason: allowed', 'X-Clincher-A:b', 'A: b', 'body'],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const changed = new ForwardAnswer(1_000).read(Buffer.from(`${ok}\r\n${pieces.join('')}`));
      if ('no' in changed) return;
      const passed = changed.pass.toString('latin1');
      const head = passed.slice(0, passed.indexOf('\r\n\r\n') + 2);
      assert.doesNotMatch(head, /[\r\n]x-clincher-/i);
    }),
    { numRuns: 1_000 },
  );
});
