// The strict reader of chunked bodies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkedReader } from './chunked.ts';

function readAll(bytes: Buffer, cuts: readonly number[] = []) {
  const reader = new ChunkedReader();
  let body = '';
  let used = 0;
  for (const cut of [...cuts, bytes.length]) {
    const reading = reader.read(bytes.subarray(used, cut), (piece) => {
      body += piece.toString('latin1');
    });
    used += reading.used;
    if (reading.state !== 'more') return { state: reading.state, body, used };
  }
  return { state: 'more', body, used };
}

test('a body is read however it is cut, and what follows it is left', () => {
  const body = fc.uint8Array({ maxLength: 200 });
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(body, { maxLength: 4 }), cuts, (parts, at) => {
      const pieces = parts.filter(({ length }) => length > 0).map((part) => Buffer.from(part));
      const chunks = pieces.flatMap((piece) => [
        Buffer.from(`${piece.length.toString(16)}\r\n`),
        piece,
        Buffer.from('\r\n'),
      ]);
      const bytes = Buffer.concat([...chunks, Buffer.from('0\r\n\r\nGET')]);
      const sorted = at.filter((cut) => cut < bytes.length).sort((a, b) => a - b);
      const { state, body: got, used } = readAll(bytes, sorted);
      assert.equal(state, 'done');
      assert.equal(got, Buffer.concat(pieces).toString('latin1'));
      assert.equal(used, bytes.length - 3);
    }),
  );
});

const rows: readonly (readonly [trick: string, bytes: string])[] = [
  ['an extension', '3;a=b\r\nabc\r\n0\r\n\r\n'],
  ['a trailer', '0\r\nX: a\r\n\r\n'],
  ['a bare line feed after the size', '3\nabc\r\n0\r\n\r\n'],
  ['a bare line feed after the data', '3\r\nabc\n0\r\n\r\n'],
  ['two line feeds after the data', '3\r\nabc\n\n0\r\n\r\n'],
  ['a bare line feed at the end', '0\r\n\n'],
  ['a size with a sign', '+3\r\nabc\r\n0\r\n\r\n'],
  ['a size in hexadecimal notation', '0x3\r\nabc\r\n0\r\n\r\n'],
  ['a size with a space', '3 \r\nabc\r\n0\r\n\r\n'],
  ['a size that overflows', `${'f'.repeat(8)}\r\n`],
  ['no size', '\r\nabc\r\n0\r\n\r\n'],
  ['more data than the size says', '2\r\nabc\r\n0\r\n\r\n'],
  ['no digit', 'g\r\n'],
];

for (const [trick, bytes] of rows) {
  test(`the body is refused: ${trick}`, () => {
    assert.equal(readAll(Buffer.from(bytes)).state, 'broken');
  });
}
