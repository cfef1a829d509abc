// What was added under each name stands on the page of metrics, once, however often it is read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from './prom.ts';
import { summed } from './summed.ts';

test('a sum is on the page with its labels, grows between two pages, and is not added twice', async () => {
  const registers = [new Registry()];
  const add = summed({ name: 'asked', help: 'Asked.', labelNames: ['who'], registers });
  add('a', { who: 'a' }, 2);
  add('b', { who: 'b' }, 0);
  add('a', { who: 'a' }, 0.5);
  const page = async () => (await registers[0]?.metrics())?.match(/^asked.*$/gm);
  assert.deepEqual(await page(), ['asked{who="a"} 2.5', 'asked{who="b"} 0']);
  assert.deepEqual(await page(), ['asked{who="a"} 2.5', 'asked{who="b"} 0']);
  add('b', { who: 'b' }, 1);
  assert.deepEqual(await page(), ['asked{who="a"} 2.5', 'asked{who="b"} 1']);
});
