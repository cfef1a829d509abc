// The documents of an image as the Open Container Initiative has them (image-spec: manifest.md,
// image-index.md), as far as ours go: read strictly, since an archive of images comes from
// elsewhere.

import * as z from 'zod';
import { ClincherError } from '../kit/error.ts';
import { imageReference, type OwnImage, ownImages } from '../topology/own-images.ts';

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

const documentBytesMax = 4 * 1024 * 1024;
const layersMax = 32;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const size = z.int().min(0);
const names = Object.keys(ownImages) as [OwnImage, ...OwnImage[]];

const manifestSchema = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(mediaTypes.manifest),
  config: z.strictObject({
    mediaType: z.literal(mediaTypes.config),
    digest,
    size: size.max(documentBytesMax),
  }),
  layers: z
    .array(z.strictObject({ mediaType: z.literal(mediaTypes.layer), digest, size }))
    .min(1)
    .max(layersMax),
});

export type Manifest = z.infer<typeof manifestSchema>;

const indexSchema = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(mediaTypes.index),
  manifests: z.array(
    z.strictObject({
      mediaType: z.literal(mediaTypes.manifest),
      digest,
      size: size.max(documentBytesMax),
      platform: z.strictObject({
        architecture: z.enum(['amd64', 'arm64']),
        os: z.literal('linux'),
      }),
      annotations: z.strictObject({
        'org.opencontainers.image.title': z.enum(names),
        // The tag, and the whole name where containerd keeps the images.
        'org.opencontainers.image.ref.name': z.string(),
        'io.containerd.image.name': z.string(),
        // The blob that lists what the image is made of.
        'dev.clincher.parts': digest,
      }),
    }),
  ),
});

/** @throws ClincherError `image-changed` */
export function readIndex(text: string): ImageIndex {
  return readDocument(indexSchema, text, 'list of images');
}

/** @throws ClincherError `image-changed` */
export function readManifest(text: string): Manifest {
  return readDocument(manifestSchema, text, 'manifest');
}

function readDocument<T>(schema: z.ZodType<T>, text: string, what: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const fix = 'Build or load the images again.';
    throw new ClincherError('image-changed', `a ${what} is not one of ours`, { fix, cause });
  }
}

export type ImageIndex = z.infer<typeof indexSchema>;
export type IndexEntry = ImageIndex['manifests'][number];
export type Architecture = IndexEntry['platform']['architecture'];

/** How this machine's kind is called there; null for one that nothing of ours is made for. */
export function architectureOf(nodeName: string): Architecture | null {
  return nodeName === 'x64' ? 'amd64' : nodeName === 'arm64' ? 'arm64' : null;
}

export function nameOf(entry: IndexEntry): OwnImage {
  return entry.annotations['org.opencontainers.image.title'];
}

/** An image as an index names it. */
export interface Listed {
  readonly name: OwnImage;
  readonly imageId: string;
  readonly architecture: Architecture;
  readonly manifest: { readonly digest: string; readonly size: number };
  /** Digest of the list of what it is made of. */
  readonly parts: string;
}

export function indexEntry({ name, imageId, architecture, manifest, parts }: Listed): IndexEntry {
  const reference = imageReference(name, imageId);
  return {
    mediaType: mediaTypes.manifest,
    digest: manifest.digest,
    size: manifest.size,
    platform: { architecture, os: 'linux' },
    annotations: {
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.ref.name': reference.split(':')[1] ?? '',
      'io.containerd.image.name': `docker.io/${reference}`,
      'dev.clincher.parts': parts,
    },
  };
}
