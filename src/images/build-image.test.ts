// Images in the store: the same from the same, made once, and nothing kept that no image has.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { smallImage } from '../testing/small-image.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { buildImage } from './build-image.ts';
import type { Part } from './image.ts';
import { billOfMaterials } from './parts.ts';
import { ImageStore } from './store.ts';

const schema = new Validation.JsonStrictValidator(Spec.Version.v1dot6);

test('the same content has the same digests, in whatever folder', async () => {
  using one = tempDir();
  using two = tempDir();
  const files = { '/b': 'b', '/a/deep': 'a' };
  const first = await buildImage(smallImage('roles', files), 'amd64', new ImageStore(one.path));
  const turned = { '/a/deep': 'a', '/b': 'b' };
  const second = await buildImage(smallImage('roles', turned), 'amd64', new ImageStore(two.path));
  assert.deepEqual(first, second);
  const other = smallImage('roles', { ...files, '/b': 'c' });
  const changed = await buildImage(other, 'amd64', new ImageStore(two.path));
  assert.notEqual(changed.imageId, first.imageId);
  assert.match(first.reference, new RegExp(`^clincher/roles:${first.imageId.slice(7, 19)}$`));
});

test('an image says who it runs as, and nothing of when it was made', async () => {
  using dir = tempDir();
  const store = new ImageStore(dir.path);
  const { imageId } = await buildImage(smallImage('roles', { '/a': 'a' }), 'arm64', store);
  const config = JSON.parse(readFileSync(store.path(imageId), 'utf8'));
  assert.deepEqual([config.architecture, config.os], ['arm64', 'linux']);
  assert.deepEqual(
    [config.created, config.history[0].created],
    Array(2).fill('1970-01-01T00:00:00Z'),
  );
  assert.deepEqual(config.config.Entrypoint, ['/nothing']);
  assert.equal(config.config.User, '1000:1000');
});

test('a layer whose key is the same is not made again, unless it is no longer there', async () => {
  using dir = tempDir();
  const store = new ImageStore(dir.path);
  const image = smallImage('roles', { '/a': 'a' });
  const first = await buildImage(image, 'amd64', store);
  await buildImage(image, 'amd64', store);
  assert.equal(image.made, 1);
  using other = tempDir();
  await buildImage(image, 'amd64', new ImageStore(other.path));
  assert.equal(image.made, 2);
  assert.deepEqual(await store.images(), [first]);
});

test('what is made already is not written again', async () => {
  using dir = tempDir();
  const store = new ImageStore(dir.path);
  const image = smallImage('roles', { '/a': 'a' });
  const files = () =>
    readdirSync(dir.path, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .map((name) => `${name} ${statSync(join(dir.path, name)).ino}`);
  const first = await buildImage(image, 'amd64', store);
  const before = files();
  assert.deepEqual(await buildImage(image, 'amd64', store), first);
  assert.deepEqual(files(), before);
});

test('what no image has any more is removed, when it is old enough to be nobody’s work', async () => {
  using dir = tempDir();
  const store = new ImageStore(dir.path);
  const blobs = join(dir.path, 'blobs/sha256');
  await buildImage(smallImage('roles', { '/a': 'a' }), 'amd64', store);
  const old = readdirSync(blobs);
  for (const name of old) utimesSync(join(blobs, name), 0, 0);
  const redis = await buildImage(smallImage('redis', { '/a': 'r' }), 'amd64', store);
  assert.equal(readdirSync(blobs).length, 2 * old.length, 'both are in use');
  const newer = await buildImage(smallImage('roles', { '/a': 'b' }), 'amd64', store);
  assert.ok(readdirSync(blobs).every((name) => !old.includes(name)));
  assert.deepEqual(await store.images(), [redis, newer]);
  await buildImage(smallImage('roles', { '/a': 'c' }), 'amd64', store);
  const kept = readdirSync(blobs).includes(newer.imageId.slice('sha256:'.length));
  assert.ok(kept, 'it was made just now');
});

test('an image that has not been made is asked for by the command that makes it', async () => {
  using dir = tempDir();
  await assert.rejects(new ImageStore(dir.path).entries(['roles', 'redis']), {
    code: 'image-missing',
    message: 'not built or loaded here: roles, redis',
    fix: 'clincher image build roles redis, or clincher image load FILE',
  });
});

test('the list of parts keeps to the schema of CycloneDX 1.6, which finds what does not', async () => {
  const parts: readonly Part[] = [
    { type: 'library', name: '@a/b', version: '1', purl: 'pkg:npm/%40a/b@1', license: 'MIT' },
    { type: 'library', name: 'c', version: '2', purl: 'pkg:npm/c@2', license: 'SEE LICENSE IN X' },
    {
      ...{ type: 'application', name: 'node', version: '24', purl: 'pkg:generic/node@24' },
      hash: { alg: 'SHA-256', content: 'a'.repeat(64) },
    },
    // Twice in the tree: once in the list.
    { type: 'library', name: 'c', version: '2', purl: 'pkg:npm/c@2', license: 'SEE LICENSE IN X' },
  ];
  const bill = billOfMaterials('roles', `sha256:${'b'.repeat(64)}`, parts);
  assert.equal(await schema.validate(JSON.stringify(bill)), null);
  assert.deepEqual(
    bill.components.map(({ purl }) => purl),
    ['pkg:generic/node@24', 'pkg:npm/%40a/b@1', 'pkg:npm/c@2'],
  );
  assert.notEqual(await schema.validate(JSON.stringify({ ...bill, version: 'one' })), null);
});
