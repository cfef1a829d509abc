// The images that are made here, for the command line: where they are kept, and all that making
// them takes.

import { join } from 'node:path';
import { buildOwn, type OwnWorld } from '../../images/build-own.ts';
import type { BuiltImage } from '../../images/image.ts';
import { ImageStore } from '../../images/store.ts';
import { ClincherError } from '../../kit/error.ts';
import { runCommand } from '../../kit/run-command.ts';
import {
  type AgentImage,
  ingressProgramPaths,
  type OwnImage,
  ownImages,
} from '../../topology/own-images.ts';
import { openclawVersion } from '../../topology/pins.ts';
import { readEnvironment } from '../env.ts';
import { ensureNpmPackage, npmPackageRoot } from '../install/npm-package.ts';
import { openclawPackage } from '../install/openclaw.ts';
import { findPrograms } from '../install/programs.ts';
import { cacheDir } from '../installation.ts';

/** What a stack of the standard topology runs in. */
export const usualImages: readonly OwnImage[] = ['roles', 'openclaw', 'sandbox'];

/** Kept beside Node and the agent, for every stack of this checkout. */
export function imageStore(): ImageStore {
  return new ImageStore(join(cacheDir(), 'images'));
}

export interface EnsureOptions {
  readonly agentVersion?: string;
  readonly update?: (text: string) => void;
}

/**
 * Builds what is not there as it would be built now; other people's programs are kept as they are
 * once they have been built.
 * @throws ClincherError `image-input`, `packages-unavailable`, `agent-missing`, `disk-full`
 */
export async function ensureImage(
  name: OwnImage,
  options: EnsureOptions = {},
): Promise<BuiltImage> {
  const before = await imageStore().images();
  const found = holdsOurs(name) ? undefined : before.find((image) => image.name === name);
  return found ?? (await make(name, options, true));
}

/** As `ensureImage`, but from the packages that the distribution has now. */
export function build(name: OwnImage, options: EnsureOptions = {}): Promise<BuiltImage> {
  return make(name, options, false);
}

async function make(
  name: OwnImage,
  { agentVersion = openclawVersion, update = () => undefined }: EnsureOptions,
  isKept: boolean,
): Promise<BuiltImage> {
  const { node, variables } = readEnvironment();
  if (isAgent(name)) {
    const world = { cacheDir: cacheDir(), node, variables, run: runCommand, update };
    await ensureNpmPackage(openclawPackage(agentVersion), world);
  }
  return buildOwn(name, { ...(await ownWorld(agentVersion)), isKept }, imageStore());
}

async function ownWorld(agentVersion: string): Promise<Omit<OwnWorld, 'isKept'>> {
  const { program, node, variables } = readEnvironment();
  return {
    ...{ program, node, run: runCommand, architecture: process.arch },
    nodeVersion: process.versions.node,
    packagesDir: join(cacheDir(), 'packages'),
    agentRoot: npmPackageRoot(cacheDir(), openclawPackage(agentVersion)),
    agentVersion,
    // Whichever the sandboxes are of; one that is not here, no sandbox of this machine uses.
    programs: await findPrograms(['docker', 'ssh'], variables.PATH ?? ''),
  };
}

function isAgent(name: OwnImage): name is AgentImage {
  return name === 'openclaw' || name === 'openclaw-tools';
}

function holdsOurs(name: OwnImage): boolean {
  return name === 'roles' || isAgent(name) || Object.hasOwn(ingressProgramPaths, name);
}

/** @throws ClincherError `usage` */
export function ownImageNames(names: readonly string[]): readonly OwnImage[] {
  return names.map((name) => {
    if (Object.hasOwn(ownImages, name)) return name as OwnImage;
    throw new ClincherError('usage', `there is no image ${JSON.stringify(name)} to be made here`, {
      fix: `images: ${Object.keys(ownImages).join(', ')}`,
    });
  });
}
