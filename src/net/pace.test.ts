// When a client is too slow, by a clock of the test's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchPace } from './pace.ts';

const pace = { bytesPerSecondMin: 100, graceMs: 3_000 };

/** What has moved by each look, a second apart; null: the other side was waited for. */
const watches: readonly (readonly [
  what: string,
  moved: readonly (number | null)[],
  cutAtLook: number | null,
])[] = [
  ['nothing', [0, 0, 0, 0, 0], 4],
  ['just enough', [0, 100, 200, 300, 400, 500, 600, 700], null],
  ['a little less', [0, 99, 198, 297, 396], 4],
  ['a burst, and nothing from then on', [0, 9e6, 9e6, 9e6, 9e6, 9e6, 9e6], 7],
  ['nothing, while the service is waited for', [0, null, null, null, null, null], null],
  ['nothing again after the service', [0, 0, null, 0, 0, 0, 0], 7],
];

for (const [what, moved, cutAtLook] of watches) {
  test(`a client that moves ${what} is ${cutAtLook === null ? 'left alone' : 'cut off'}`, (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    let look = 0;
    let cut: number | null = null;
    const now = () => moved[look - 1] ?? null;
    const side = { waiting: () => now() !== null, moved: () => now() ?? 0 };
    const end = watchPace(pace, [side], () => {
      cut = look;
    });
    for (look = 1; look <= moved.length; look += 1) context.mock.timers.tick(1_000);
    end();
    assert.equal(cut, cutAtLook);
  });
}
