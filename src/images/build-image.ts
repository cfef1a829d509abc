// Makes an image of its declaration: layers, configuration and manifest into the store. The same
// declaration of the same files gives the same digests, on whatever machine and day.

import { imageReference } from '../topology/own-images.ts';
import type { BuiltImage, ImageDeclaration, LayerDeclaration } from './image.ts';
import { layerBytes } from './layer.ts';
import { type Architecture, indexEntry, type Manifest, mediaTypes } from './oci.ts';
import { billOfMaterials } from './parts.ts';
import { stampOf } from './stamp.ts';
import type { ImageStore, MadeLayer } from './store.ts';

/** There is no telling when an image was made from what is in it. */
const created = '1970-01-01T00:00:00Z';

/** @throws ClincherError `image-input`, `packages-unavailable` */
export async function buildImage(
  declared: ImageDeclaration,
  architecture: Architecture,
  store: ImageStore,
): Promise<BuiltImage> {
  const layers: MadeLayer[] = [];
  for (const layer of declared.layers) layers.push(await makeLayer(layer, store));
  const config = await store.putDocument(configOf(declared, architecture, layers));
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, ...config },
    layers: layers.map(({ digest, size }) => ({ mediaType: mediaTypes.layer, digest, size })),
  };
  const kept = await store.putDocument(manifest);
  const { name } = declared;
  const imageId = config.digest;
  const all = layers.flatMap(({ parts }) => parts);
  const parts = await store.putDocument(billOfMaterials(name, imageId, all));
  const listed = { name, imageId, architecture, manifest: kept, parts: parts.digest };
  await store.add([indexEntry(listed)]);
  const bytes = layers.reduce((total, { size }) => total + size, 0);
  const reference = imageReference(name, imageId);
  return { name, reference, imageId, manifestDigest: kept.digest, bytes };
}

async function makeLayer(layer: LayerDeclaration, store: ImageStore): Promise<MadeLayer> {
  // What makes layers goes into them as well as what they are made of.
  const key = await stampOf(layer.key, [import.meta.dirname]);
  const before = await store.madeLayer(key);
  if (before !== null) return before;
  const { files, parts, discard } = await layer.make();
  try {
    const made = { ...(await store.put(layerBytes(files))), parts };
    await store.keepLayer(key, made);
    return made;
  } finally {
    await discard?.();
  }
}

function configOf(
  { layers: declared, run }: ImageDeclaration,
  architecture: Architecture,
  layers: readonly MadeLayer[],
) {
  return {
    created,
    architecture,
    os: 'linux',
    config: {
      User: run.user,
      Env: Object.entries(run.env).map(([name, value]) => `${name}=${value}`),
      Entrypoint: run.entrypoint,
      ...(run.command === undefined ? {} : { Cmd: run.command }),
      WorkingDir: run.workingDir,
      Labels: run.labels,
    },
    // Layers are kept as they are, so that a blob's digest is also that of its content.
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: declared.map(({ what }) => ({ created, created_by: what })),
  };
}
