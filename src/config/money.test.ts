// Amounts of money: exact to the nano-dollar, or refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { usdPerMillionToNano, usdToNano } from './money.ts';

test('dollars become whole nano-dollars exactly', () => {
  const rows: readonly (readonly [string, number | null])[] = [
    ['0', 0],
    ['20', 20_000_000_000],
    ['0.1', 100_000_000],
    ['0.3', 300_000_000],
    ['0.000000001', 1],
    ['1.005', 1_005_000_000],
    ['1.50000000000', 1_500_000_000],
    ['9007199.254740991', Number.MAX_SAFE_INTEGER],
    ['9007199.254740992', null],
    ['0.0000000001', null],
    ['-1', null],
    ['+1', null],
    ['1e3', null],
    ['0x10', null],
    ['.5', null],
    ['5.', null],
    ['1_000', null],
    ['1,5', null],
    ['', null],
    ['.inf', null],
  ];
  for (const [text, nano] of rows) assert.equal(usdToNano(text), nano, text);
});

test('a price per million tokens becomes nano-dollars a token', () => {
  assert.equal(usdPerMillionToNano('3'), 3_000);
  assert.equal(usdPerMillionToNano('0.075'), 75);
  assert.equal(usdPerMillionToNano('0.0375'), null);
});

test('any amount with nine decimals keeps every one of them', () => {
  fc.assert(
    fc.property(fc.nat(9_007_198), fc.nat(999_999_999), (whole, fraction) => {
      const text = `${whole}.${String(fraction).padStart(9, '0')}`;
      assert.equal(usdToNano(text), Number(BigInt(whole) * 1_000_000_000n + BigInt(fraction)));
    }),
  );
});
