// A host that was deployed to runs what was sent, and says what is missing of it.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { imagesFile } from '../../deploy/cargo.ts';
import type { BuiltImage } from '../../images/image.ts';
import { ClincherError } from '../../kit/error.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { imageFor, imagesList, requireInDocker, sentImages } from './sent.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const roles: BuiltImage = {
  ...{ name: 'roles', reference: 'clincher/roles:1', bytes: 1 },
  ...{ imageId: digest('a'), manifestDigest: digest('b') },
};

async function stateWith(folder: string, images: readonly BuiltImage[]): Promise<string> {
  await writeFile(join(folder, imagesFile), imagesList(images).content);
  return folder;
}

const isMissing = (error: unknown) =>
  error instanceof ClincherError &&
  error.code === 'image-missing' &&
  /clincher deploy/.test(error.fix ?? '');

test('what was sent is what runs, and what was not sent is not built in its place', async () => {
  using folder = tempDir();
  assert.equal(await sentImages(folder.path), null);
  const state = await stateWith(folder.path, [roles]);
  assert.deepEqual(await imageFor(state, 'roles'), roles);
  await assert.rejects(imageFor(state, 'openclaw'), isMissing);
});

test('a list that was changed by hand to what no image is called is not believed', async () => {
  using folder = tempDir();
  const state = await stateWith(folder.path, [{ ...roles, name: 'anything' as 'roles' }]);
  await assert.rejects(sentImages(state));
});

test('Docker has to have the image that was sent, under its name and by its digest', async () => {
  const has = (id: string) => ({
    run: async () => ({ code: 0, stdout: `${id}\n`, tail: '' }),
  });
  await requireInDocker(roles, has(roles.imageId));
  await requireInDocker(roles, has(roles.manifestDigest));
  await assert.rejects(requireInDocker(roles, has(digest('c'))), isMissing);
  const none = async () => ({ code: 1, stdout: '', tail: 'Error: No such image: clincher/roles' });
  await assert.rejects(requireInDocker(roles, { run: none }), isMissing);
});
