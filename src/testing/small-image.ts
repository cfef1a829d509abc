// An image of a few files, for tests of how images are kept, carried and loaded.

import { hash } from 'node:crypto';
import type { ImageDeclaration, LayerFile, Part } from '../images/image.ts';
import type { OwnImage } from '../topology/own-images.ts';

/** Counts how often its one layer was made. */
export interface SmallImage extends ImageDeclaration {
  made: number;
}

export function smallImage(
  name: OwnImage,
  files: Readonly<Record<string, string>>,
  key = hash('sha256', JSON.stringify(files)),
): SmallImage {
  const image: SmallImage = {
    name,
    made: 0,
    layers: [
      {
        what: 'a few files',
        key,
        make: async () => {
          image.made += 1;
          return { files: Object.entries(files).map(fileOf), parts: [part] };
        },
      },
    ],
    run: {
      ...{ entrypoint: ['/nothing'], user: '1000:1000', env: { LANG: 'C.UTF-8' } },
      ...{ workingDir: '/', labels: {} },
    },
  };
  return image;
}

function fileOf([path, text]: readonly [string, string]): LayerFile {
  return { path, kind: 'file', mode: 0o644, content: Buffer.from(text) };
}

const part: Part = {
  ...{ type: 'library', name: 'of-a-test', version: '1.0.0', purl: 'pkg:npm/of-a-test@1.0.0' },
  license: 'MIT',
};
