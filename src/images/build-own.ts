// Which image is made of what: the one place that knows all of them.

import { ClincherError } from '../kit/error.ts';
import type { OwnImage } from '../topology/own-images.ts';
import { buildImage } from './build-image.ts';
import { openArchive } from './debian-archive.ts';
import type { BuiltImage, ImageDeclaration } from './image.ts';
import { ingressImage } from './ingress-image.ts';
import { architectureOf } from './oci.ts';
import { type OpenclawWorld, openclawImage, openclawToolsImage } from './openclaw-image.ts';
import { packagedImage } from './packaged-images.ts';
import { rolesImage } from './roles-image.ts';
import type { ImageStore } from './store.ts';

export interface OwnWorld extends OpenclawWorld {
  /** Where packages of the distribution are kept when they have been fetched. */
  readonly packagesDir: string;
  /** Whether those that were fetched before will do. */
  readonly isKept: boolean;
  /** As Node calls it. */
  readonly architecture: string;
}

/** Packages of one suite, so that an image does not depend on the machine it was made on. */
const suite = 'trixie';

/**
 * What is unchanged is not made again, layer by layer.
 * @throws ClincherError `image-input`, `packages-unavailable`
 */
export async function buildOwn(
  name: OwnImage,
  world: OwnWorld,
  store: ImageStore,
): Promise<BuiltImage> {
  const architecture = architectureOf(world.architecture);
  if (architecture === null) {
    throw new ClincherError('image-input', `no images are made for ${world.architecture}`);
  }
  return buildImage(await declared(name, world), architecture, store);
}

async function declared(name: OwnImage, world: OwnWorld): Promise<ImageDeclaration> {
  if (name === 'roles') return rolesImage(world);
  if (name === 'openclaw') return openclawImage(world);
  const { packagesDir: folder, isKept, run } = world;
  const debian = { archive: await openArchive({ folder, run, suite, isKept }), run };
  if (name === 'openclaw-tools') return openclawToolsImage(world, debian);
  if (name === 'caddy' || name === 'nginx') return ingressImage(name, world, debian);
  return packagedImage(name, debian);
}
