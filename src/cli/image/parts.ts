// `clincher image parts`: the list of what an image is made of, as it was written with it.

import { readFile } from 'node:fs/promises';
import { imageStore, ownImageNames } from './own.ts';

/** @throws ClincherError `usage`, `image-missing` */
export async function partsOf(wanted: string): Promise<unknown> {
  const store = imageStore();
  const texts = await Promise.all(
    (await store.entries(ownImageNames([wanted]))).map((entry) =>
      readFile(store.path(entry.annotations['dev.clincher.parts']), 'utf8'),
    ),
  );
  return JSON.parse(texts.join());
}
