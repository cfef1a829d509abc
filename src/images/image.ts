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
  /** Says all that goes in: with the same key it is not made again. */
  readonly key: string;
  make(): Promise<LayerContent>;
}

export interface LayerContent {
  readonly files: readonly LayerFile[];
  /** What its files are of, for the list of parts. */
  readonly parts: readonly Part[];
  /** Removes what was only there for the layer to be made of. */
  readonly discard?: () => Promise<void>;
}

/** Owned by root, dated 1970: the same bytes from the same content, wherever it is made. */
export type LayerFile = {
  /** Absolute, inside the image. */
  readonly path: string;
} & (
  | { readonly kind: 'folder'; readonly mode: number; readonly owner?: number }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'file'; readonly mode: number; readonly content: Buffer }
  /** Read from this machine when the layer is written. */
  | { readonly kind: 'copy'; readonly mode: number; readonly from: string }
);

/** A program or library of somebody, at a version. */
export interface Part {
  readonly type: 'application' | 'library';
  readonly name: string;
  readonly version: string;
  /** Package URL: the name that lists of vulnerabilities know it by. */
  readonly purl: string;
  /** SPDX expression, as its package says. */
  readonly license?: string;
  /** Of the package as it was fetched; hexadecimal. */
  readonly hash?: { readonly alg: 'SHA-256' | 'SHA-512'; readonly content: string };
}

export interface BuiltImage extends ImageReference {
  readonly name: OwnImage;
  /** Of its layers, unpacked. */
  readonly bytes: number;
}
