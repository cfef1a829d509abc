// `clincher image build`: makes the images, saying what came of each.

import type { BuiltImage } from '../../images/image.ts';
import { output } from '../output.ts';
import { standardProgress } from '../progress.ts';
import { build, ownImageNames, usualImages } from './own.ts';
import { imageText } from './text.ts';

/** @throws ClincherError `usage`, and what `build` throws */
export async function buildImages(wanted: readonly string[], json: boolean): Promise<void> {
  const progress = standardProgress(false);
  const images: BuiltImage[] = [];
  for (const name of wanted.length === 0 ? usualImages : ownImageNames(wanted)) {
    await progress.phase(name, async (update) => {
      const image = await build(name, { update });
      images.push(image);
      return imageText(image);
    });
  }
  if (json) output.json(images);
}
