// `clincher image save` and `load`: the images as one file, for a machine without a network, and
// into its Docker.

import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { archiveBytes } from '../../images/archive.ts';
import { loadIntoDocker } from '../../images/docker.ts';
import { readArchive } from '../../images/read-archive.ts';
import type { ImageStore } from '../../images/store.ts';
import { ClincherError } from '../../kit/error.ts';
import { runCommand } from '../../kit/run-command.ts';
import type { OwnImage } from '../../topology/own-images.ts';
import { readEnvironment } from '../env.ts';
import { output } from '../output.ts';
import { imageStore, ownImageNames, usualImages } from './own.ts';
import { imageText } from './text.ts';

const gzipMagic = Buffer.from([0x1f, 0x8b]);
/** Half the size for a tenth of the time that the best would take. */
const gzipLevel = 2;

/**
 * Compressed where the file's name says so.
 * @throws ClincherError `image-missing`, `usage`
 */
export async function saveImages(file: string, wanted: readonly string[]): Promise<void> {
  const store = imageStore();
  const names = wanted.length === 0 ? await allNames(store) : ownImageNames(wanted);
  await store.entries(names);
  const path = resolve(readEnvironment().cwd, file);
  const unfinished = `${path}.new-${process.pid}`;
  try {
    const packed: Transform = /gz$/.test(file)
      ? createGzip({ level: gzipLevel })
      : new PassThrough();
    const archive = Readable.from(archiveBytes(store, names));
    await pipeline(archive, packed, createWriteStream(unfinished, { flags: 'wx' }));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  output.line(`${file}: ${names.join(', ')}`);
}

/**
 * Without a file: what has been built here.
 * @throws ClincherError `image-changed`, `image-missing`, `docker-unreachable`, `disk-full`
 */
export async function loadImages(
  file: string | undefined,
  { docker }: { readonly docker: boolean },
): Promise<void> {
  const store = imageStore();
  const images =
    file === undefined
      ? await Promise.all((await allNames(store)).map((name) => store.image(name)))
      : await read(file);
  for (const image of images) output.line(imageText(image));
  if (!docker) return;
  const names = images.map(({ name }) => name);
  const loaded = await loadIntoDocker(store, names, { run: runCommand });
  output.line(
    `into Docker: ${loaded.length === 0 ? 'nothing, it has them' : loaded.map(({ name }) => name).join(', ')}`,
  );
}

/** Where nothing has been made, what is missing is what a stack needs. */
async function allNames(store: ImageStore): Promise<readonly OwnImage[]> {
  const names = (await store.images()).map(({ name }) => name);
  return names.length === 0 ? usualImages : names;
}

async function read(file: string) {
  const path = resolve(readEnvironment().cwd, file);
  const packed = await startsWith(path, gzipMagic);
  const source = createReadStream(path);
  const archive = packed ? source.pipe(createGunzip()) : source;
  source.on('error', (error) => archive.destroy(error));
  try {
    return await readArchive(archive, imageStore());
  } catch (error) {
    throw isZlib(error) ? changedArchive(file, error) : error;
  }
}

async function startsWith(path: string, wanted: Buffer): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(wanted.length), 0, wanted.length, 0);
  return buffer.equals(wanted);
}

function isZlib(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && /^Z_/.test(Reflect.get(error, 'code') ?? '');
}

function changedArchive(file: string, cause: Error): ClincherError {
  return new ClincherError('image-changed', `${file} cannot be unpacked: ${cause.message}`, {
    fix: 'Copy it again from the machine that it was saved on, or save it there again.',
    cause,
  });
}
