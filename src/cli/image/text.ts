// Images for people: one line each. Pure.

import type { BuiltImage } from '../../images/image.ts';
import { tableLines } from '../table.ts';

export interface ListedImage extends BuiltImage {
  /** Null where no daemon could be asked. */
  readonly inDocker: boolean | null;
}

export function imageText({ reference, bytes }: BuiltImage): string {
  return `${reference} (${megabytes(bytes)})`;
}

export function imageLines(images: readonly ListedImage[]): readonly string[] {
  if (images.length === 0) return ['no images; make them with: clincher image build'];
  const rows = images.map(({ reference, bytes, imageId, inDocker }) => {
    const there = inDocker === null ? '?' : inDocker ? 'yes' : 'no';
    return [reference, megabytes(bytes), there, imageId];
  });
  return tableLines([['IMAGE', 'SIZE', 'IN DOCKER', 'ID'], ...rows]);
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
