// The strict reader of request heads: what it takes, and each trick that it must not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRequestHead } from './request-head.ts';

const bytesMax = 8_192;
const read = (text: string) => readRequestHead(Buffer.from(text, 'latin1'), bytesMax);
const faultOf = (text: string) => {
  const reading = read(text);
  return reading.state === 'refused' ? reading.fault : reading.state;
};

test('a plain request is read with its framing and what it wants to become', () => {
  const reading = read(
    'POST /v1.47/exec/a/start?x=1 HTTP/1.1\r\nHost: docker\r\nUser-Agent:  Go \r\nEmpty:\r\n' +
      'Content-Length: 12\r\nConnection: keep-alive, Upgrade\r\nUpgrade: TCP\r\n\r\n{"Tty":true}',
  );
  assert.ok(reading.state === 'head');
  const { head } = reading;
  assert.equal(head.method, 'POST');
  assert.equal(head.target, '/v1.47/exec/a/start?x=1');
  assert.deepEqual(head.framing, { kind: 'length', bytes: 12 });
  assert.equal(head.upgrade, 'tcp');
  assert.equal(head.close, false);
  assert.deepEqual(head.headers.slice(0, 6), ['host', 'docker', 'user-agent', 'Go', 'empty', '']);
});

const line = 'GET /_ping HTTP/1.1\r\n';
const host = 'Host: d\r\n';
const rows: readonly (readonly [trick: string, bytes: string, fault: string])[] = [
  [
    'both lengths',
    `${line}${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
    'framing',
  ],
  [
    'the same in the other order',
    `${line}${host}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n`,
    'framing',
  ],
  ['two lengths', `${line}${host}Content-Length: 3\r\nContent-Length: 4\r\n\r\n`, 'framing'],
  ['two equal lengths', `${line}${host}Content-Length: 3\r\ncontent-length: 3\r\n\r\n`, 'framing'],
  ['a list of lengths', `${line}${host}Content-Length: 3, 3\r\n\r\n`, 'framing'],
  ['a signed length', `${line}${host}Content-Length: +3\r\n\r\n`, 'framing'],
  ['a negative length', `${line}${host}Content-Length: -1\r\n\r\n`, 'framing'],
  ['a hexadecimal length', `${line}${host}Content-Length: 0x3\r\n\r\n`, 'framing'],
  ['a length with a leading zero', `${line}${host}Content-Length: 03\r\n\r\n`, 'framing'],
  ['an empty length', `${line}${host}Content-Length:\r\n\r\n`, 'framing'],
  ['an endless length', `${line}${host}Content-Length: ${'9'.repeat(20)}\r\n\r\n`, 'framing'],
  ['another coding', `${line}${host}Transfer-Encoding: gzip, chunked\r\n\r\n`, 'framing'],
  ['chunked twice', `${line}${host}Transfer-Encoding: chunked, chunked\r\n\r\n`, 'framing'],
  [
    'chunked in two lines',
    `${line}${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
    'framing',
  ],
  ['identity', `${line}${host}Transfer-Encoding: identity\r\n\r\n`, 'framing'],
  ['a quoted coding', `${line}${host}Transfer-Encoding: "chunked"\r\n\r\n`, 'framing'],
  ['a space before the colon', `${line}${host}Content-Length : 3\r\n\r\n`, 'header-line'],
  ['a folded line', `${line}${host}X: a\r\n b\r\n\r\n`, 'header-line'],
  [
    'a folded line with a tab',
    `${line}${host}Transfer-Encoding:\r\n\tchunked\r\n\r\n`,
    'header-line',
  ],
  ['a header without a colon', `${line}${host}Content-Length\r\n\r\n`, 'header-line'],
  ['a header without a name', `${line}${host}: 3\r\n\r\n`, 'header-line'],
  ['a nul in a value', `${line}${host}X: a\0b\r\n\r\n`, 'header-line'],
  [
    'a bare carriage return',
    `${line}${host}X: a\rTransfer-Encoding: chunked\r\n\r\n`,
    'header-line',
  ],
  ['a space in a name', `${line}${host}Content Length: 3\r\n\r\n`, 'header-line'],
  ['a name with a letter of Latin-1', `${line}${host}X\xe9: 3\r\n\r\n`, 'header-line'],
  ['a bare line feed', 'GET /_ping HTTP/1.1\nHost: d\n\n', 'bare-line-end'],
  ['a bare line feed in the middle', `${line}Host: d\nX: a\r\n\r\n`, 'bare-line-end'],
  ['an empty line first', `\r\n${line}${host}\r\n`, 'bare-line-end'],
  ['a line feed first', `\n${line}${host}\r\n`, 'bare-line-end'],
  ['no host', `${line}\r\n`, 'host'],
  ['two hosts', `${line}${host}${host}\r\n`, 'host'],
  ['HTTP/1.0', `GET /_ping HTTP/1.0\r\n${host}\r\n`, 'version'],
  ['HTTP/1.2', `GET /_ping HTTP/1.2\r\n${host}\r\n`, 'version'],
  ['HTTP/0.9', 'GET /_ping\r\n\r\n', 'request-line'],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'version'],
  ['a version in lower case', `GET /_ping http/1.1\r\n${host}\r\n`, 'request-line'],
  ['two spaces', `GET  /_ping HTTP/1.1\r\n${host}\r\n`, 'request-line'],
  ['a tab', `GET\t/_ping HTTP/1.1\r\n${host}\r\n`, 'request-line'],
  ['a space in the target', `GET /_ping /x HTTP/1.1\r\n${host}\r\n`, 'request-line'],
  ['a space behind the version', `GET /_ping HTTP/1.1 \r\n${host}\r\n`, 'request-line'],
  ['Latin-1 in the target', `GET /_p\xefng HTTP/1.1\r\n${host}\r\n`, 'request-line'],
  ['a method that is no token', `G(T /_ping HTTP/1.1\r\n${host}\r\n`, 'request-line'],
  ['an upgrade that the connection does not name', `${line}${host}Upgrade: tcp\r\n\r\n`, 'upgrade'],
  ['a connection that upgrades to nothing', `${line}${host}Connection: Upgrade\r\n\r\n`, 'upgrade'],
  [
    'two upgrades',
    `${line}${host}Connection: Upgrade\r\nUpgrade: tcp\r\nUpgrade: h2c\r\n\r\n`,
    'upgrade',
  ],
  ['an unknown expectation', `${line}${host}Expect: 200-ok\r\n\r\n`, 'expect'],
  ['too many headers', `${line}${host}${'X: a\r\n'.repeat(100)}\r\n`, 'header-line'],
  ['a head that is too large', `${line}${host}X: ${'x'.repeat(bytesMax)}\r\n\r\n`, 'too-large'],
  ['a head that never ends', `${line}${host}X: ${'x'.repeat(bytesMax)}`, 'too-large'],
];

for (const [trick, bytes, fault] of rows) {
  test(`the head is refused: ${trick}`, () => assert.equal(faultOf(bytes), fault));
}

test('a head that comes in pieces is read as if it had come at once', () => {
  const whole = Buffer.from(`${line}${host}X: a\r\n\r\nrest`);
  const at = fc.array(fc.nat({ max: whole.length }), { maxLength: 6 });
  fc.assert(
    fc.property(at, (cuts) => {
      let seen = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), whole.length]) {
        const reading = readRequestHead(whole.subarray(0, cut), bytesMax, seen);
        if (reading.state === 'head') return reading.head.bytes === whole.length - 4;
        if (reading.state === 'refused') return false;
        seen = cut;
      }
      return false;
    }),
  );
});

test('whatever the bytes, the head is read, refused or waited for', () => {
  const bytes = fc.stringMatching(/^[A-Z /:.\r\nHTP1\0a-z\xff]{0,80}$/);
  fc.assert(
    fc.property(bytes, (text) => {
      const reading = read(text);
      return ['head', 'more', 'refused'].includes(reading.state);
    }),
  );
});
