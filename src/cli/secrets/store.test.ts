// Secrets at rest: whose files they are, and that a write is whole or did not happen.

import assert from 'node:assert/strict';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Secret } from '../../kit/secret.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { secretStore } from './store.ts';

test('a secret comes back as it was written, from a file that only its owner can read', async () => {
  using dir = tempDir();
  const store = secretStore(join(dir.path, 'secrets'));
  await store.write('anthropic', new Secret('sk-1'));
  await store.write('anthropic', new Secret('sk-2'));
  assert.equal((await store.read('anthropic'))?.reveal(), 'sk-2');
  assert.equal((await stat(join(store.dir, 'anthropic'))).mode & 0o777, 0o600);
  assert.equal((await stat(store.dir)).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(store.dir), ['anthropic'], 'nothing half-written is left');
});

test('what is not there reads as null, is not listed, and is not removed', async () => {
  using dir = tempDir();
  const store = secretStore(join(dir.path, 'nowhere'));
  assert.equal(await store.read('a'), null);
  assert.deepEqual(await store.list(), []);
  assert.equal(await store.remove('a'), false);
});

test('list gives the names in order, and remove forgets one', async () => {
  using dir = tempDir();
  const store = secretStore(dir.path);
  for (const name of ['b', 'a']) await store.write(name, new Secret(name));
  await writeFile(join(dir.path, 'b~123'), 'a write that was cut short');
  assert.deepEqual(await store.list(), ['a', 'b']);
  assert.equal(await store.remove('a'), true);
  assert.deepEqual(await store.list(), ['b']);
});

test('a write that fails leaves the old value and no file beside it', async () => {
  using dir = tempDir();
  const store = secretStore(dir.path);
  await mkdir(join(dir.path, 'taken', 'full'), { recursive: true });
  await assert.rejects(store.write('taken', new Secret('x')), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.deepEqual(await readdir(dir.path), ['taken']);
});

/** Names that would leave the folder, hide, or be another's. */
for (const name of ['../a', 'a/b', '.hidden', '', 'A', 'a b', 'a\0b', `a${'b'.repeat(64)}`]) {
  test(`${JSON.stringify(name)} cannot be a secret's name`, async () => {
    using dir = tempDir();
    const store = secretStore(dir.path);
    const refused = { code: 'usage' };
    await assert.rejects(async () => store.read(name), refused);
    await assert.rejects(async () => store.write(name, new Secret('x')), refused);
    await assert.rejects(async () => store.remove(name), refused);
  });
}
