// An archive of images, read back into the store. It may come from anywhere, so nothing of it is
// believed: what is not byte for byte what `save` would have written of these images is refused.

import { imageReference } from '../topology/own-images.ts';
import { archiveFiles, blobPath, blobsOf, dockerList } from './archive.ts';
import type { BuiltImage } from './image.ts';
import { type ImageIndex, type IndexEntry, indexEntry, nameOf, readIndex } from './oci.ts';
import { type ImageStore, layoutFile } from './store.ts';
import { type ArchivedFile, changed, joined, tarFiles } from './untar.ts';

const documentBytesMax = 1024 * 1024;
const filesMax = 512;

/**
 * Resolves to the images that it held. Blobs of one that is refused are no image's, and are removed
 * as such.
 * @throws ClincherError `image-changed`
 */
export async function readArchive(
  archive: AsyncIterable<Buffer>,
  store: ImageStore,
): Promise<readonly BuiltImage[]> {
  const documents = new Map<string, string>();
  const paths: string[] = [];
  for await (const file of tarFiles(archive)) {
    paths.push(file.path);
    if (paths.length > filesMax) throw changed(`it holds more than ${filesMax} files`);
    if (file.path.startsWith('blobs/')) await keepBlob(file, store);
    else if (file.bytes <= documentBytesMax) {
      documents.set(file.path, (await joined(file.content)).toString());
    } else throw changed(`${file.path} is too large`);
  }
  const index = await checkedIndex(documents, paths, store);
  await store.add(index.manifests);
  const names = index.manifests.map(nameOf);
  return (await store.images()).filter(({ name }) => names.includes(name));
}

/** Under the digest it has; which must be the one it says. */
async function keepBlob({ path, content }: ArchivedFile, store: ImageStore): Promise<void> {
  const { digest } = await store.put(content);
  if (path !== blobPath(digest)) throw changed(`${path} is in truth ${digest}`);
}

async function checkedIndex(
  documents: ReadonlyMap<string, string>,
  paths: readonly string[],
  store: ImageStore,
): Promise<ImageIndex> {
  const index = readIndex(documents.get(archiveFiles.index) ?? '');
  for (const entry of index.manifests) await checkEntry(entry, paths, store);
  const expected = [
    [archiveFiles.layout, layoutFile],
    [archiveFiles.index, JSON.stringify(index)],
    [archiveFiles.docker, JSON.stringify(await dockerList(store, index.manifests))],
  ] as const;
  for (const [name, text] of expected) {
    if (documents.get(name) !== text) throw changed(`${name} is not as written`);
  }
  const blobs = (await blobsOf(store, index.manifests)).map(blobPath);
  const all = [...expected.map(([name]) => name), ...blobs];
  if (paths.join() !== all.join()) throw changed('it holds more or less than its images');
  return index;
}

/** Its name is made of its digest: nobody can give one image the name of another. */
async function checkEntry(
  entry: IndexEntry,
  paths: readonly string[],
  store: ImageStore,
): Promise<void> {
  const name = nameOf(entry);
  if (!paths.includes(blobPath(entry.digest)))
    throw changed(`the manifest of ${name} is not in it`);
  const { config } = await store.manifest(entry);
  const listed = {
    name,
    imageId: config.digest,
    architecture: entry.platform.architecture,
    manifest: { digest: entry.digest, size: await store.sizeOf(entry.digest) },
    parts: entry.annotations['dev.clincher.parts'],
  };
  if (JSON.stringify(indexEntry(listed)) === JSON.stringify(entry)) return;
  throw changed(`${name} is not ${imageReference(name, config.digest)}`);
}
