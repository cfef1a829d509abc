// A switch of the monitoring host: its programs read the folder that is current, so that is where
// it points while they are judged, and where it points back to when they are not as before.

import assert from 'node:assert/strict';
import { mkdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../testing/temp-dir.ts';
import { switchRelease } from './switch.ts';

/** `fails`: a step and its release. Resolves to what was done, and what the error said. */
async function switched(before: string | null, release: string, fails: string) {
  using folder = tempDir();
  const dir = folder.path;
  const currentOf = async () =>
    basename(await readlink(join(dir, 'current')).catch(() => 'nothing'));
  for (const name of ['one', 'two']) {
    await mkdir(join(dir, 'releases', name), { recursive: true });
    await symlink('../../programs/p', join(dir, 'releases', name, 'program'));
  }
  await mkdir(join(dir, 'programs/p'), { recursive: true });
  await writeFile(join(dir, 'programs/p/clincher'), '');
  if (before !== null) await symlink(join('releases', before), join(dir, 'current'));
  const done: string[] = [];
  const note = async (what: string) => {
    const step = `${what} ${await currentOf()}`;
    done.push(step);
    if (step === fails) throw new Error(`${step} failed`);
  };
  const monitor = {
    start: (_: string, isOther: boolean) => note(isOther ? 'start' : 'keep'),
    judge: () => note('judge'),
    stop: () => note('stop'),
  };
  const run = async () => assert.fail('it runs no program');
  const order = { dir, release, host: 'monitor', run, monitor, say: () => undefined } as const;
  const error = await switchRelease(order).catch((thrown: Error) => thrown);
  return { done, current: await currentOf(), said: error?.message ?? '' };
}

const cases = [
  ['the first', null, 'one', '', ['start one', 'judge one'], 'one', /^$/],
  ['the same again', 'one', 'one', '', ['keep one', 'judge one'], 'one', /^$/],
  ['another', 'one', 'two', '', ['start two', 'judge two'], 'two', /^$/],
  ['a first that fails', null, 'one', 'start one', ['start one', 'stop one'], 'nothing', /failed/],
  [
    ...(['one that does not start', 'one', 'two', 'start two'] as const),
    ...([['start two', 'start one'], 'one', /two did not come up; one runs again/] as const),
  ],
  [
    ...(['one that is judged', 'one', 'two', 'judge two'] as const),
    ...([['start two', 'judge two', 'start one'], 'one', /one runs again: judge two/] as const),
  ],
  ['the same, judged', 'one', 'one', 'judge one', ['keep one', 'judge one'], 'one', /did not come/],
] as const;

for (const [name, before, release, fails, done, current, said] of cases) {
  test(`a monitoring host is switched: ${name}`, async () => {
    const came = await switched(before, release, fails);
    assert.deepEqual(came.done, done);
    assert.equal(came.current, current);
    assert.match(came.said, said);
  });
}
