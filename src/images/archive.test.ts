// An archive of images: read back as it was written, and refused when a single byte of it is
// another, or when it is made by hand to be something else.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { smallImage } from '../testing/small-image.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { archiveBytes } from './archive.ts';
import { buildImage } from './build-image.ts';
import { readArchive } from './read-archive.ts';
import { ImageStore } from './store.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';
import { joined, tarFiles } from './untar.ts';

const sampleEvery = 31;

async function saved(dir: string): Promise<{ store: ImageStore; archive: Buffer }> {
  const store = new ImageStore(join(dir, 'from'));
  await buildImage(smallImage('roles', { '/a': 'one' }), 'amd64', store);
  await buildImage(smallImage('redis', { '/a': 'two' }), 'amd64', store);
  return { store, archive: await joined(archiveBytes(store, ['roles', 'redis'])) };
}

async function* chunked(archive: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < archive.length; at += bytes) yield archive.subarray(at, at + bytes);
}

/** Each has a store of its own, in which nothing is left. */
async function assertRefused(archive: Buffer, store: ImageStore, what: string): Promise<void> {
  await assert.rejects(
    readArchive(chunked(archive, 65_536), store),
    { code: 'image-changed' },
    what,
  );
  assert.deepEqual(await store.images(), [], what);
}

test('what was saved is loaded, whatever pieces it comes in', async () => {
  using dir = tempDir();
  const { store, archive } = await saved(dir.path);
  for (const bytes of [1, 511, 512, 100_000]) {
    const other = new ImageStore(join(dir.path, `to-${bytes}`));
    const images = await readArchive(chunked(archive, bytes), other);
    assert.deepEqual(images, await store.images());
    assert.deepEqual(await joined(archiveBytes(other, ['roles', 'redis'])), archive);
  }
});

test('an archive of which any byte is another is refused', async () => {
  using dir = tempDir();
  const { archive } = await saved(dir.path);
  const store = new ImageStore(join(dir.path, 'to'));
  for (let at = 0; at < archive.length; at += sampleEvery) {
    const changed = Buffer.from(archive);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    await assertRefused(changed, store, `byte ${at}`);
  }
});

test('an archive that is cut short, or has more behind it, is refused', async () => {
  using dir = tempDir();
  const { archive } = await saved(dir.path);
  const store = new ImageStore(join(dir.path, 'to'));
  for (let length = 0; length < archive.length; length += 512) {
    await assertRefused(archive.subarray(0, length), store, `${length} bytes`);
  }
  for (const more of [Buffer.alloc(1), tarEnd, Buffer.from('more')]) {
    await assertRefused(Buffer.concat([archive, more]), store, 'more');
  }
});

type Parts = Map<string, Buffer>;
const index = 'index.json';
const replaced = (parts: Parts, path: string, from: RegExp, to: string) =>
  parts.set(path, Buffer.from(String(parts.get(path)).replaceAll(from, to)));

const tricks: readonly (readonly [name: string, change: (parts: Parts) => void])[] = [
  [
    'a file that no image has',
    (parts) => parts.set(`blobs/sha256/${'0'.repeat(64)}`, Buffer.from('')),
  ],
  ['a path out of it', (parts) => parts.set('../outside', Buffer.from('x'))],
  ['a file beside the list', (parts) => parts.set('more.json', Buffer.from('{}'))],
  ['no list', (parts) => parts.delete(index)],
  ['a list that is none', (parts) => parts.set(index, Buffer.from('[]'))],
  ['a list with a key more', (parts) => replaced(parts, index, /^\{/g, '{"more":1,')],
  ['the name of another image', (parts) => replaced(parts, index, /"roles"/g, '"caddy"')],
  ['a tag of its own', (parts) => replaced(parts, index, /roles:[0-9a-f]{12}/g, 'roles:latest')],
  ['another kind of machine', (parts) => replaced(parts, index, /amd64/g, 's390x')],
  ['another list for Docker', (parts) => replaced(parts, 'manifest.json', /roles/g, 'other')],
  [
    'a blob that is missing',
    (parts) => parts.delete([...parts.keys()].find((path) => path.startsWith('blobs/')) ?? ''),
  ],
  [
    'a manifest that is none',
    (parts) => replaced(parts, index, /("digest":"sha256:)[0-9a-f]{64}/g, `$1${blobOf(parts)}`),
  ],
];

/** The digest of a layer, which is in it and is no manifest. */
function blobOf(parts: Parts): string {
  const [path = ''] = [...parts].find(([, content]) => content.includes('ustar')) ?? [];
  return path.slice('blobs/sha256/'.length);
}

for (const [name, change] of tricks) {
  test(`an archive with ${name} is refused`, async () => {
    using dir = tempDir();
    const { archive } = await saved(dir.path);
    const parts: Parts = new Map();
    for await (const { path, content } of tarFiles(chunked(archive, 4_096))) {
      parts.set(path, await joined(content));
    }
    change(parts);
    const files = [...parts].flatMap(([path, content]) => [
      tarHeader({ path, type: 'file', mode: 0o644, bytes: content.length }),
      content,
      tarPadding(content.length),
    ]);
    const made = Buffer.concat([...files, tarEnd]);
    assert.notDeepEqual(made, archive);
    await assertRefused(made, new ImageStore(join(dir.path, 'to')), name);
    assert.equal(existsSync(join(dir.path, 'outside')), false);
  });
}

test('a blob of the store that was changed there is refused when it is carried', async () => {
  using dir = tempDir();
  const { store } = await saved(dir.path);
  const [entry] = await store.entries(['roles']);
  assert.ok(entry !== undefined);
  const layer = (await store.manifest(entry)).layers[0];
  const path = store.path(layer?.digest ?? '');
  await writeFile(path, (await readFile(path, 'latin1')).replace('one', 'eno'), 'latin1');
  const archive = await joined(archiveBytes(store, ['roles']));
  await assertRefused(archive, new ImageStore(join(dir.path, 'to')), 'changed');
});
