// Where built images are kept: a folder in the layout of the Open Container Initiative
// (image-layout.md), which other tools read too. Each blob is named by its own digest.

import { createHash, hash, randomUUID } from 'node:crypto';
import {
  access,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { assert } from '../kit/assert.ts';
import { ClincherError } from '../kit/error.ts';
import { imageReference, type OwnImage } from '../topology/own-images.ts';
import type { BuiltImage, Part } from './image.ts';
import {
  type ImageIndex,
  type IndexEntry,
  type Manifest,
  mediaTypes,
  nameOf,
  readIndex,
  readManifest,
} from './oci.ts';

export interface Blob {
  /** `sha256:` and 64 digits. */
  readonly digest: string;
  readonly size: number;
}

/** A layer as it was made, for when its key is the same again. */
export interface MadeLayer extends Blob {
  readonly parts: readonly Part[];
}

export class ImageStore {
  readonly folder: string;
  readonly #blobs: string;
  readonly #layers: string;

  constructor(folder: string) {
    this.folder = folder;
    this.#blobs = join(folder, 'blobs', 'sha256');
    this.#layers = join(folder, 'layers');
  }

  /** Written beside its place and renamed: what is under a digest is whole. */
  async put(content: AsyncIterable<Buffer>): Promise<Blob> {
    await mkdir(this.#blobs, { recursive: true });
    const unfinished = join(this.#blobs, `new-${process.pid}-${randomUUID()}`);
    const digesting = createHash('sha256');
    let size = 0;
    try {
      await using file = await open(unfinished, 'wx', 0o644);
      for await (const chunk of content) {
        digesting.update(chunk);
        size += chunk.length;
        await file.writeFile(chunk);
      }
      const digest = `sha256:${digesting.digest('hex')}`;
      await rename(unfinished, this.path(digest));
      return { digest, size };
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** One that is there is not written again: who only may read the folder builds nothing anew. */
  async putDocument(value: unknown): Promise<Blob> {
    const bytes = Buffer.from(JSON.stringify(value));
    const blob = { digest: `sha256:${hash('sha256', bytes)}`, size: bytes.length };
    return (await this.has(blob)) ? blob : this.put(oneChunk(bytes));
  }

  path(digest: string): string {
    return join(this.#blobs, digest.slice('sha256:'.length));
  }

  async has({ digest }: Blob): Promise<boolean> {
    return access(this.path(digest)).then(
      () => true,
      () => false,
    );
  }

  async sizeOf(digest: string): Promise<number> {
    return (await stat(this.path(digest))).size;
  }

  async index(): Promise<ImageIndex> {
    const text = await readFile(join(this.folder, 'index.json'), 'utf8').catch(() => null);
    if (text !== null) return readIndex(text);
    return { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };
  }

  async manifest(entry: IndexEntry): Promise<Manifest> {
    return readManifest(await readFile(this.path(entry.digest), 'utf8'));
  }

  /** Digests of all that an image is made of. */
  async blobsOf(entry: IndexEntry): Promise<readonly string[]> {
    const { config, layers } = await this.manifest(entry);
    const parts = entry.annotations['dev.clincher.parts'];
    return [entry.digest, parts, config.digest, ...layers.map(({ digest }) => digest)];
  }

  /** The newest of each name. */
  async images(): Promise<readonly BuiltImage[]> {
    const { manifests } = await this.index();
    return Promise.all(manifests.map((entry) => this.#image(entry)));
  }

  /** @throws ClincherError `image-missing` */
  async entries(names: readonly OwnImage[]): Promise<readonly IndexEntry[]> {
    const { manifests } = await this.index();
    const there = manifests.map(nameOf);
    const missing = names.filter((name) => !there.includes(name));
    if (missing.length === 0) return manifests.filter((entry) => names.includes(nameOf(entry)));
    const message = `not built or loaded here: ${missing.join(', ')}`;
    const fix = `clincher image build ${missing.join(' ')}, or clincher image load FILE`;
    throw new ClincherError('image-missing', message, { fix });
  }

  /** @throws ClincherError `image-missing` */
  async image(name: OwnImage): Promise<BuiltImage> {
    const [entry] = await this.entries([name]);
    assert(entry !== undefined, 'an entry for each name');
    return this.#image(entry);
  }

  /** In the place of the one that had its name; what nobody refers to any more is removed. */
  async add(entries: readonly IndexEntry[]): Promise<void> {
    const index = await this.index();
    const names = new Set(entries.map(nameOf));
    const kept = index.manifests.filter((entry) => !names.has(nameOf(entry)));
    const manifests = [...kept, ...entries].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    if (isDeepStrictEqual(manifests, index.manifests)) return;
    await writeFile(join(this.folder, 'oci-layout'), layoutFile);
    const file = join(this.folder, 'index.json');
    await writeFile(`${file}.new-${process.pid}`, JSON.stringify({ ...index, manifests }));
    await rename(`${file}.new-${process.pid}`, file);
    await this.#removeUnused(manifests);
  }

  async madeLayer(key: string): Promise<MadeLayer | null> {
    const text = await readFile(join(this.#layers, key), 'utf8').catch(() => null);
    const layer = text === null ? null : (JSON.parse(text) as MadeLayer);
    return layer !== null && (await this.has(layer)) ? layer : null;
  }

  async keepLayer(key: string, layer: MadeLayer): Promise<void> {
    await mkdir(this.#layers, { recursive: true });
    await writeFile(join(this.#layers, key), JSON.stringify(layer));
  }

  async #image(entry: IndexEntry): Promise<BuiltImage> {
    const { config, layers } = await this.manifest(entry);
    const name = nameOf(entry);
    return {
      name,
      reference: imageReference(name, config.digest),
      imageId: config.digest,
      manifestDigest: entry.digest,
      bytes: layers.reduce((total, { size }) => total + size, 0),
    };
  }

  async #removeUnused(manifests: readonly IndexEntry[]): Promise<void> {
    const used = new Set<string>();
    for (const entry of manifests) for (const blob of await this.blobsOf(entry)) used.add(blob);
    for (const name of await readdir(this.#blobs)) {
      if (used.has(`sha256:${name}`)) continue;
      const { mtimeMs } = await stat(join(this.#blobs, name));
      if (mtimeMs + unusedMs < Date.now()) await rm(join(this.#blobs, name), { force: true });
    }
  }
}

/** Somebody else may be making an image of what no image has yet. */
const unusedMs = 3_600_000;

export const layoutFile = JSON.stringify({ imageLayoutVersion: '1.0.0' });

async function* oneChunk(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk;
}
