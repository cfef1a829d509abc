// What a host is to have: a program, the files of a release, and files of its state. What of it is
// sent is decided by what is there already.

/** Of a release: which images it runs in, for the program on the far side to hold Docker to. */
export const imagesFile = 'images.json';

export interface Cargo {
  readonly host: 'app' | 'monitor';
  readonly program: Archive;
  /** Sent where the far side has no Node.js that will do; null where it would not run there. */
  readonly node: Archive | null;
  /** Below the release: its configuration and what that names. */
  readonly release: readonly CargoFile[];
  /** Below the state directory: what stays from release to release. */
  readonly state: readonly CargoFile[];
  readonly images: readonly CargoImage[];
  /** All of these in one archive, as `docker load` takes it. */
  openImages(references: readonly string[]): AsyncIterable<Buffer>;
  readonly needs: Needs;
}

export interface Archive {
  /** SHA-256 of what it is of, in hexadecimal: its name on the far side. */
  readonly digest: string;
  /** As it is sent. */
  readonly bytes: number;
  open(): AsyncIterable<Buffer>;
}

export interface CargoFile {
  readonly path: string;
  readonly content: Buffer;
  readonly isSecret: boolean;
}

export interface CargoImage {
  readonly reference: string;
  /** Any of these is this image, by how Docker keeps it. */
  readonly ids: readonly string[];
  readonly bytes: number;
}

export interface Needs {
  readonly driver: 'embedded' | 'docker';
  /** TCP ports that it will listen on. */
  readonly ports: readonly number[];
}
