// A host that was deployed to has what it runs in from there: its images are listed beside its
// state, nothing is built in their place, and Docker has to have these very ones.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type CargoFile, type CargoImage, imagesFile } from '../../deploy/cargo.ts';
import { type DockerWorld, inDocker } from '../../images/docker.ts';
import type { BuiltImage } from '../../images/image.ts';
import { ClincherError } from '../../kit/error.ts';
import { type OwnImage, ownImages } from '../../topology/own-images.ts';
import { imageStore } from './own.ts';

const shape = z.array(
  z.strictObject({
    name: z.enum(Object.keys(ownImages) as [OwnImage, ...OwnImage[]]),
    reference: z.string(),
    imageId: z.string(),
    manifestDigest: z.string(),
    bytes: z.number(),
  }),
);

/** Null where what runs is built. `folder` is a state directory, or a release. */
export async function sentImages(folder: string): Promise<readonly BuiltImage[] | null> {
  const text = await readFile(join(folder, imagesFile), 'utf8').catch(() => null);
  return text === null ? null : shape.parse(JSON.parse(text));
}

export function imagesList(images: readonly BuiltImage[]): CargoFile {
  return {
    path: imagesFile,
    content: Buffer.from(`${JSON.stringify(images, null, 2)}\n`),
    isSecret: false,
  };
}

export function asCargo({ reference, imageId, manifestDigest, bytes }: BuiltImage): CargoImage {
  return { reference, ids: [imageId, manifestDigest], bytes };
}

/** What a stack of this state directory runs in. @throws ClincherError `image-missing` */
export async function imageFor(stateDir: string, name: OwnImage): Promise<BuiltImage> {
  const sent = await sentImages(stateDir);
  if (sent === null) return imageStore().image(name);
  const image = sent.find((each) => each.name === name);
  if (image !== undefined) return image;
  throw new ClincherError('image-missing', `${name} was not sent here with what is to run`, {
    fix: 'clincher deploy, from where this host was deployed from, sends it.',
  });
}

/** By digest. @throws ClincherError `image-missing`, `docker-unreachable` */
export async function requireInDocker(image: BuiltImage, docker: DockerWorld): Promise<void> {
  if (await inDocker(image, docker)) return;
  throw new ClincherError(
    'image-missing',
    `Docker has not got ${image.reference} as it was sent, ${image.imageId}`,
    { fix: 'clincher deploy, from where this host was deployed from, sends it again.' },
  );
}
