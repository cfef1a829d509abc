// The state directory: for its owner alone, whatever was there before.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../testing/temp-dir.ts';
import { openStateDir } from './state.ts';

const uid = process.getuid?.() ?? 0;

test('a new one is closed to others and kept out of commits', async () => {
  using dir = tempDir();
  const path = join(dir.path, 'deep', '.clincher');
  await openStateDir(path, uid);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(readFileSync(join(path, '.gitignore'), 'utf8'), '*\n');
});

test('one that was open to others is closed', async () => {
  using dir = tempDir();
  chmodSync(dir.path, 0o755);
  await openStateDir(dir.path, uid);
  assert.equal(statSync(dir.path).mode & 0o777, 0o700);
});

const unusable: readonly [string, (path: string) => void, number][] = [
  ['a file', (path) => writeFileSync(path, ''), uid],
  ['a link: it could lead anywhere', (path) => symlinkSync('/tmp', path), uid],
  ["another user's", (path) => mkdirSync(path), uid + 1],
];

for (const [name, make, as] of unusable) {
  test(`${name} is refused`, async () => {
    using dir = tempDir();
    const path = join(dir.path, 'state');
    make(path);
    await assert.rejects(openStateDir(path, as), { code: 'state-unusable' });
  });
}
