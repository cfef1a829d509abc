// The bounds of a caller: tunnels at once, tunnels a second, bytes in a window; and that neither
// counts what was given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLimits } from './limits.ts';

const bounds = { windowMs: 1_000, windowBytesUpMax: 100, windowBytesDownMax: 200 };

function limitsAt(nowMs = 0, tunnelsTotalMax = 100) {
  const clock = { nowMs };
  return { clock, limits: createLimits({ tunnelsTotalMax }, () => clock.nowMs) };
}

test('all callers together have as many connections as the role may, and no more', () => {
  const { limits } = limitsAt(0, 2);
  const enter = () => limits.enter(true);
  assert.deepEqual([enter(), enter(), enter()], [null, null, 'proxy-full']);
  limits.leave(true);
  assert.deepEqual([enter(), enter()], [null, 'proxy-full']);
});

test('those who have not said who they are have half of the places, and give each back once', () => {
  const { limits } = limitsAt(0, 4);
  const stranger = () => limits.enter(false);
  assert.deepEqual([stranger(), stranger(), stranger()], [null, null, 'proxy-full']);
  assert.equal(limits.enter(true), null);
  limits.named();
  assert.deepEqual([stranger(), limits.enter(true)], [null, 'proxy-full']);
  limits.leave(true);
  limits.leave(false);
  assert.deepEqual([stranger(), stranger()], [null, 'proxy-full']);
});

test('one caller at its bound leaves the others theirs', () => {
  const { limits } = limitsAt();
  const told = { tunnelsMax: 1, tunnelsPerSecondMax: 100 };
  assert.equal(limits.admit('a', told), null);
  assert.equal(limits.admit('a', told), 'tunnels-too-many');
  assert.equal(limits.admit('b', told), null);
  limits.release('a');
  assert.equal(limits.admit('a', told), null);
});

test('new tunnels come in as fast as they may, with a burst of a second', () => {
  const { clock, limits } = limitsAt();
  const told = { tunnelsMax: 100, tunnelsPerSecondMax: 2 };
  const three = () => [1, 2, 3].map(() => limits.admit('a', told));
  assert.deepEqual(three(), [null, null, 'tunnels-too-fast']);
  clock.nowMs = 500;
  assert.deepEqual(three(), [null, 'tunnels-too-fast', 'tunnels-too-fast']);
  clock.nowMs = 60_000;
  assert.deepEqual(three(), [null, null, 'tunnels-too-fast']);
});

test('a window lets its bytes through and not one more, and turns', () => {
  const { clock, limits } = limitsAt();
  const window = limits.windowOf('a', bounds);
  assert.equal(window.up(60), null);
  assert.equal(window.up(41), 'window-bytes-up');
  assert.equal(window.up(40), null);
  assert.equal(window.spent(), 'window-bytes-up');
  assert.equal(window.down(200), null);
  assert.equal(window.down(1), 'window-bytes-down');
  clock.nowMs = 1_000;
  assert.equal(window.spent(), null);
  assert.equal(window.up(100), null);
});

test('a window is one for all tunnels of a key, and what it counted stays under new bounds', () => {
  const { limits } = limitsAt();
  assert.equal(limits.windowOf('a', bounds).up(90), null);
  assert.equal(limits.windowOf('a', bounds).up(11), 'window-bytes-up');
  assert.equal(limits.windowOf('b', bounds).up(100), null);
  assert.equal(limits.windowOf('a', { ...bounds, windowBytesUpMax: 101 }).up(11), null);
});

test('more places than windows are kept share one window instead of having none', () => {
  const { clock, limits } = limitsAt();
  for (let i = 0; i < 4_096; i += 1) limits.windowOf(`host ${i}`, bounds);
  assert.equal(limits.windowOf('new 1', bounds).up(60), null);
  assert.equal(limits.windowOf('new 2', bounds).up(60), 'window-bytes-up');
  clock.nowMs = 1_000;
  assert.equal(limits.windowOf('new 3', bounds).up(60), null);
  assert.equal(limits.windowOf('new 4', bounds).up(60), null);
});

test('whatever the order, no window passes more than its bound', () => {
  const piece = fc.record({ bytes: fc.nat(60), stepMs: fc.nat(400) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const { clock, limits } = limitsAt();
      const window = limits.windowOf('a', bounds);
      const passed: { atMs: number; bytes: number }[] = [];
      for (const { bytes, stepMs } of pieces) {
        clock.nowMs += stepMs;
        if (window.up(bytes) === null) passed.push({ atMs: clock.nowMs, bytes });
      }
      // Two windows may meet within any stretch of one window's length, and no more.
      for (const { atMs } of passed) {
        const near = passed.filter((one) => one.atMs >= atMs && one.atMs < atMs + 1_000);
        assert.ok(near.reduce((sum, one) => sum + one.bytes, 0) <= 200);
      }
    }),
    { numRuns: 200 },
  );
});
