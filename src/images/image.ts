// What an image is here before it is one: its layers as lists of files, and what runs in it.

import type { ImageReference, OwnImage } from '../topology/own-images.ts';

export interface ImageDeclaration {
  readonly name: OwnImage;
  /** From below to above; images that begin with the same layers share them. */
  readonly layers: readonly LayerDeclaration[];
  readonly run: ImageRun;
}

export interface ImageRun {
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  /** `uid:gid`, never root. */
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LayerDeclaration {
  /** One line for `docker history`. */
  readonly what: string;
  readonly files: readonly LayerFile[];
}

/** Owned by root, dated 1970: the same bytes from the same content, wherever it is made. */
export type LayerFile = {
  /** Absolute, inside the image. */
  readonly path: string;
} & (
  | { readonly kind: 'folder'; readonly mode: number }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'file'; readonly mode: number; readonly content: Buffer }
  /** Read from this machine when the layer is written. */
  | { readonly kind: 'copy'; readonly mode: number; readonly from: string }
);

export interface BuiltImage extends ImageReference {
  readonly name: OwnImage;
  /** Of its layers, unpacked. */
  readonly bytes: number;
}
