// Images into a Docker daemon, through the docker command line: only what it lacks, and believed
// only after it has been asked what it has.

import { Readable } from 'node:stream';
import { dockerUnreachable } from '../kit/docker-unreachable.ts';
import { ClincherError } from '../kit/error.ts';
import type { CommandOutput, runCommand } from '../kit/run-command.ts';
import type { OwnImage } from '../topology/own-images.ts';
import { archiveBytes } from './archive.ts';
import type { BuiltImage } from './image.ts';
import { nameOf } from './oci.ts';
import type { ImageStore } from './store.ts';

export interface DockerWorld {
  readonly run: typeof runCommand;
  /** DOCKER_HOST, DOCKER_CONFIG and the like; whoever runs this has their own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const askDeadlineMs = 60_000;
const loadDeadlineMs = 900_000;

/**
 * Resolves to those that the daemon did not have.
 * @throws ClincherError `docker-unreachable`, `image-missing`, `image-changed`, `disk-full`
 */
export async function loadIntoDocker(
  store: ImageStore,
  names: readonly OwnImage[],
  docker: DockerWorld,
): Promise<readonly BuiltImage[]> {
  const images = await Promise.all(names.map((name) => store.image(name)));
  await refuseOtherKind(store, names, docker);
  const missing: BuiltImage[] = [];
  for (const image of images) if (!(await inDocker(image, docker))) missing.push(image);
  if (missing.length === 0) return [];
  const archive = archiveBytes(
    store,
    missing.map(({ name }) => name),
  );
  const options = { input: Readable.from(archive), deadlineMs: loadDeadlineMs };
  answered(await runDocker(['load', '--quiet'], docker, options));
  for (const image of missing) {
    if (await inDocker(image, docker)) continue;
    throw new ClincherError(
      'image-changed',
      `Docker has another ${image.reference} than was loaded`,
      {
        fix: `Remove it (docker image rm ${image.reference}), then run the same command again.`,
      },
    );
  }
  return missing;
}

/**
 * Whether the daemon has this very image under its name.
 * @throws ClincherError `docker-unreachable`
 */
export async function inDocker(image: BuiltImage, docker: DockerWorld): Promise<boolean> {
  const id = await idInDocker(image.reference, docker);
  // Where containerd keeps the images, an image's id is the digest of its manifest.
  return id === image.imageId || id === image.manifestDigest;
}

/** Null where it has none of that name. @throws ClincherError `docker-unreachable` */
export async function idInDocker(reference: string, docker: DockerWorld): Promise<string | null> {
  const args = ['image', 'inspect', '--format', '{{.Id}}', reference];
  const answer = await runDocker(args, docker);
  if (answer.code !== 0 && /No such image/i.test(answer.tail)) return null;
  return answered(answer).trim();
}

export function runDocker(
  args: readonly string[],
  { run, env }: DockerWorld,
  options: { readonly input?: Readable; readonly deadlineMs?: number } = {},
): Promise<CommandOutput> {
  return run(['docker', ...args], {
    deadlineMs: askDeadlineMs,
    ...options,
    ...(env === undefined ? {} : { env }),
  });
}

/** @throws ClincherError `docker-unreachable`, `disk-full` */
export function answered({ code, stdout, tail }: CommandOutput): string {
  if (code === 0) return stdout;
  if (/no space left on device/i.test(tail)) {
    throw new ClincherError('disk-full', `Docker's disk is full: ${tail}`, {
      fix: 'Free some space (docker system df says what takes it), then run the same command again.',
    });
  }
  const unreachable = dockerUnreachable(code, tail);
  if (unreachable !== null) throw unreachable;
  const what = code === 124 ? 'Docker did not answer in time' : `docker ended with ${code}`;
  throw new ClincherError('docker-unreachable', `${what}${tail === '' ? '' : `: ${tail}`}`, {
    fix: 'See that the daemon runs: docker info.',
  });
}

async function refuseOtherKind(
  store: ImageStore,
  names: readonly OwnImage[],
  docker: DockerWorld,
): Promise<void> {
  const kind = answered(
    await runDocker(['version', '--format', '{{.Server.Arch}}'], docker),
  ).trim();
  for (const entry of await store.entries(names)) {
    const { architecture } = entry.platform;
    if (architecture === kind) continue;
    const message = `the image ${nameOf(entry)} is for ${architecture}, and this Docker runs ${kind}`;
    throw new ClincherError('image-input', message, {
      fix: 'Build it on a machine of that kind: clincher image build.',
    });
  }
}
