// Images as `docker save` would write them, on their way to another Docker.

import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { archiveBytes } from '../../images/archive.ts';
import type { BuiltImage } from '../../images/image.ts';
import { imageStore } from '../image/own.ts';

/** A third of the size, at the speed of a fast network. */
const gzipLevel = 1;

export function openImages(
  images: readonly BuiltImage[],
  references: readonly string[],
): AsyncIterable<Buffer> {
  const names = images.filter(({ reference }) => references.includes(reference));
  const archive = archiveBytes(
    imageStore(),
    names.map(({ name }) => name),
  );
  const packed = createGzip({ level: gzipLevel });
  const source = Readable.from(archive);
  source.on('error', (error) => packed.destroy(error));
  return source.pipe(packed);
}
