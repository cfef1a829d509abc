// The repeated command: again and again, one at a time, at low priority, gone with the stack.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { tempDir } from '../testing/temp-dir.ts';
import { openLogFile } from './log-file.ts';
import { Repeater } from './repeater.ts';

async function settled(isSo: () => boolean): Promise<void> {
  const until = performance.now() + 20_000;
  while (!isSo() && performance.now() < until) await pause(10);
  assert.ok(isSo());
}

function repeating(script: string) {
  const folder = tempDir();
  const log = openLogFile(`${folder.path}/log`);
  const repeater = new Repeater(log);
  const order = {
    argv: ['/bin/sh', '-c', script],
    env: { SAYS: 'hello' },
    cwd: folder.path,
    everyMs: 60,
  };
  repeater.order(order);
  return {
    ...{ log, repeater, order },
    [Symbol.dispose]: () => {
      repeater.stop();
      folder[Symbol.dispose]();
    },
  };
}

test('a command is run again and again, at the lowest priority, with what it is told alone', async () => {
  using one = repeating('echo "$SAYS $(nice) $(env | grep -c =)"');
  await settled(() => one.log.tail().length >= 2);
  const [first = ''] = one.log.tail();
  // What it is told, and what a shell adds of its own: PWD, and its last argument.
  assert.match(first, /^hello 19 [1-4]$/);
});

test('there is never a second one beside the first, and the end of the stack is its end', async () => {
  using one = repeating('echo began; exec sleep 60');
  await settled(() => one.log.tail().length === 1);
  await pause(300);
  assert.deepEqual(one.log.tail(), ['began']);
  one.repeater.stop();
  one.repeater.order({ ...one.order, argv: ['/bin/echo', 'another'] });
  await settled(() => one.log.tail().includes('another'));
});

test('what is no program is said in the log, and tried again', async () => {
  using one = repeating('exit 0');
  one.repeater.order({ ...one.order, env: { PATH: '/nowhere' } });
  await settled(() => one.log.tail().some((line) => line.startsWith('could not be started')));
});
