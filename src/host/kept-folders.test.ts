// Folders that a service keeps: made for their owner alone, kept when they are there, and never by
// way of a link that their keeper left.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../testing/temp-dir.ts';
import { hostPaths } from './host-paths.ts';
import { keptFolder, makeKeptFolder } from './kept-folders.ts';

const folder = {
  of: 'gateway',
  name: 'workspace',
  at: '/var/lib/clincher/workspace',
  readOnly: false,
} as const;

test('a kept folder is made once, for its owner alone, and keeps what is in it', () => {
  using dir = tempDir();
  const paths = hostPaths(dir.path);
  const path = join(dir.path, 'services/gateway/state/workspace');
  assert.equal(keptFolder(folder, paths), path);
  makeKeptFolder(folder, paths);
  assert.equal(statSync(path).mode & 0o7777, 0o700);
  writeFileSync(join(path, 'note'), 'kept');
  chmodSync(path, 0o777);
  makeKeptFolder(folder, paths);
  assert.equal(statSync(path).mode & 0o7777, 0o700);
  assert.equal(statSync(join(path, 'note')).size, 4);
});

test('a link in its place is refused, and where it leads is left as it was', () => {
  using dir = tempDir();
  const paths = hostPaths(dir.path);
  const victim = join(dir.path, 'victim');
  mkdirSync(victim, { mode: 0o750 });
  makeKeptFolder(folder, paths);
  const path = keptFolder(folder, paths);
  rmSync(path, { recursive: true });
  symlinkSync(victim, path);
  assert.throws(() => makeKeptFolder(folder, paths), { code: 'state-unusable' });
  assert.equal(statSync(victim).mode & 0o7777, 0o750);
});

test('a folder that is not right below what a service keeps is a bug', () => {
  using dir = tempDir();
  for (const name of ['', '.', '..', '../x', 'a/b', '/etc']) {
    assert.throws(() => keptFolder({ ...folder, name }, hostPaths(dir.path)), /not a plain name/);
  }
});
