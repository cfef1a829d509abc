// Images as one archive: the layout of the Open Container Initiative in a tar, with the list that
// `docker load` reads of every version. It is what goes into a daemon, and what is carried to a
// machine without a network.

import { createReadStream } from 'node:fs';
import type { OwnImage } from '../topology/own-images.ts';
import type { IndexEntry } from './oci.ts';
import { type ImageStore, layoutFile } from './store.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

export const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`;
export const archiveFiles = {
  layout: 'oci-layout',
  index: 'index.json',
  docker: 'manifest.json',
} as const;

/** The images of these names, each blob once, in one order. */
export async function* archiveBytes(
  store: ImageStore,
  names: readonly OwnImage[],
): AsyncGenerator<Buffer> {
  const manifests = await store.entries(names);
  const index = { ...(await store.index()), manifests };
  yield* document(archiveFiles.layout, layoutFile);
  yield* document(archiveFiles.index, JSON.stringify(index));
  yield* document(archiveFiles.docker, JSON.stringify(await dockerList(store, manifests)));
  for (const digest of await blobsOf(store, manifests)) yield* blob(store, digest);
  yield tarEnd;
}

/** Digests of all that images are made of, each once, in order. */
export async function blobsOf(
  store: ImageStore,
  manifests: readonly IndexEntry[],
): Promise<readonly string[]> {
  const all = await Promise.all(manifests.map((entry) => store.blobsOf(entry)));
  return [...new Set(all.flat())].sort();
}

/** What `docker save` writes: configuration and layers of each image, by path. */
export async function dockerList(store: ImageStore, manifests: readonly IndexEntry[]) {
  return Promise.all(
    manifests.map(async (entry) => {
      const { config, layers } = await store.manifest(entry);
      const { 'io.containerd.image.name': name } = entry.annotations;
      return {
        Config: blobPath(config.digest),
        RepoTags: [name.replace('docker.io/', '')],
        Layers: layers.map(({ digest }) => blobPath(digest)),
      };
    }),
  );
}

function* document(path: string, text: string): Generator<Buffer> {
  const content = Buffer.from(text);
  yield tarHeader({ path, type: 'file', mode: 0o644, bytes: content.length });
  yield content;
  yield tarPadding(content.length);
}

async function* blob(store: ImageStore, digest: string): AsyncGenerator<Buffer> {
  const size = await store.sizeOf(digest);
  yield tarHeader({ path: blobPath(digest), type: 'file', mode: 0o644, bytes: size });
  yield* createReadStream(store.path(digest)) as AsyncIterable<Buffer>;
  yield tarPadding(size);
}
