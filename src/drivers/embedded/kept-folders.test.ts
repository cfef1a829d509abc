// Folders that a service keeps: made with their mode, kept when they are there, and never by way of
// a link that their keeper left.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../testing/temp-dir.ts';
import { hostPaths } from './host-paths.ts';
import { keptFolder, makeKeptFolder } from './kept-folders.ts';

const folder = {
  of: 'gateway',
  path: '/var/lib/clincher/workspace',
  mode: 0o1777,
  readOnly: false,
} as const;

test('a kept folder is made once, with its mode whatever the umask, and keeps what is in it', () => {
  using dir = tempDir();
  const paths = hostPaths(dir.path);
  const path = join(dir.path, 'services/gateway/state/workspace');
  assert.equal(keptFolder(folder, paths), path);
  makeKeptFolder(folder, paths);
  assert.equal(statSync(path).mode & 0o7777, 0o1777);
  writeFileSync(join(path, 'note'), 'kept');
  makeKeptFolder({ ...folder, mode: 0o700 }, paths);
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
  for (const path of [
    '/etc',
    '/var/lib/clincher',
    '/var/lib/clincher/../x',
    '/var/lib/clincher/a/b',
  ]) {
    assert.throws(() => keptFolder({ ...folder, path }, hostPaths(dir.path)), /not a folder of/);
  }
});
