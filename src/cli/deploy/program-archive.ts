// The checkout's own program with the dependencies that its lock file names, as one archive that is
// the same from the same content: what a host is sent, and what it is known by there.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Archive } from '../../deploy/cargo.ts';
import type { LayerFile } from '../../images/image.ts';
import { layerBytes } from '../../images/layer.ts';
import { npmPackages } from '../../images/npm-packages.ts';
import { treeFiles } from '../../images/tree.ts';
import { readEnvironment } from '../env.ts';
import { cacheDir } from '../installation.ts';

/** Half the size for a tenth of the time that the best would take. */
const gzipLevel = 2;

/** @throws ClincherError `image-input` where a dependency is not installed */
export async function programArchive(): Promise<Archive> {
  const folder = join(cacheDir(), 'deploy');
  await mkdir(folder, { recursive: true });
  const unfinished = join(folder, `program.new-${process.pid}`);
  const hash = createHash('sha256');
  const counted = async function* (bytes: AsyncIterable<Buffer>) {
    for await (const chunk of bytes) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const files = await programFiles(readEnvironment().program);
  const packed = createGzip({ level: gzipLevel });
  await pipeline(counted(layerBytes(files)), packed, createWriteStream(unfinished));
  const file = join(folder, 'program.tar.gz');
  await rename(unfinished, file);
  const { size: bytes } = await stat(file);
  return { digest: hash.digest('hex'), bytes, open: () => createReadStream(file) };
}

/** What `./clincher` needs to start there without asking a registry. */
async function programFiles(program: string): Promise<readonly LayerFile[]> {
  const lock = await readFile(join(program, 'package-lock.json'));
  const { files } = await npmPackages(program, '');
  const isOurs = (path: string) => !/(?:^|\/)testing(?:\/|$)|\.test\.ts$/.test(path);
  const copy = (name: string, mode: number): LayerFile => ({
    path: `/${name}`,
    kind: 'copy',
    mode,
    from: join(program, name),
  });
  return [
    ...files,
    ...(await treeFiles(join(program, 'src'), '/src', isOurs)),
    copy('clincher', 0o755),
    ...['package.json', 'package-lock.json', 'clincher.schema.json'].map((name) =>
      copy(name, 0o644),
    ),
    // The launcher's sign that what the lock file names is there.
    { path: '/node_modules/.clincher-installed', kind: 'file', mode: 0o644, content: lock },
  ];
}

/** This machine's Node.js; null where the far side is of another kind. */
export async function nodeArchive(machine: string): Promise<Archive | null> {
  const kinds: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
  if (kinds[process.arch] !== machine) return null;
  const { node } = readEnvironment();
  const { size: bytes } = await stat(node);
  const open = () => createReadStream(node).pipe(createGzip({ level: gzipLevel }));
  return { digest: process.versions.node, bytes, open };
}
