// The packages that our program imports when it runs, as package-lock.json names them: their files
// without what only a compiler, a debugger or a reader wants, and the list of them.

import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import type { LayerContent, LayerFile, Part } from './image.ts';

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** Types, maps, sources that were compiled, pages; the license stays. */
const unwanted = [
  /\.(?:d\.[cm]?ts|[cm]?ts|tsx|map|flow|md|markdown|html|png|svg|yml|yaml)$/i,
  /(?:^|\/)(?:test|tests|__tests__|docs|example|examples|benchmark|benchmarks|\.[^/]+)\//,
  /(?:^|\/)(?:\.[^/]+|Makefile|tsconfig[^/]*\.json)$/,
];

/**
 * @param from holds package-lock.json and node_modules/
 * @throws ClincherError `image-input`
 */
export async function npmPackages(from: string, into: string): Promise<LayerContent> {
  const names = await lockedNames(from);
  const files: LayerFile[] = [];
  for (const [path] of names) files.push(...(await packageFiles(from, path, into)));
  return { files, parts: names.map(([path, about]) => npmPart(path, about)) };
}

/** All that is installed there to run, as its lock file has it. */
export async function npmParts(from: string): Promise<readonly Part[]> {
  return (await lockedNames(from)).map(([path, about]) => npmPart(path, about));
}

/** What is needed to run, by its folder; another machine's optional packages are not installed. */
async function lockedNames(from: string): Promise<readonly (readonly [string, LockedPackage])[]> {
  const lock = JSON.parse(await readFile(join(from, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  return Object.entries(lock.packages).filter(
    ([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional,
  );
}

async function packageFiles(
  from: string,
  path: string,
  into: string,
): Promise<readonly LayerFile[]> {
  const entries = await readdir(join(from, path), { recursive: true, withFileTypes: true }).catch(
    () => {
      throw new ClincherError('image-input', `${path} of package-lock.json is not installed`, {
        fix: 'Start clincher by its launcher, ./clincher: it installs what the lock file names.',
      });
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      const inside = relative(join(from, path), file);
      // A package within a package has its own line in the lock file.
      return !inside.startsWith('node_modules/') && !unwanted.some((each) => each.test(inside));
    })
    .map((file) => ({
      path: `${into}/${relative(from, file)}`,
      kind: 'copy',
      mode: 0o644,
      from: file,
    }));
}

function npmPart(path: string, { version = '', license, integrity }: LockedPackage): Part {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [algorithm, digest = ''] = (integrity ?? '').split('-');
  return {
    type: 'library',
    name,
    version,
    // The one character of a name that a package URL escapes is the sign of a scope.
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(license === undefined ? {} : { license }),
    ...(algorithm === 'sha512'
      ? {
          hash: { alg: 'SHA-512' as const, content: Buffer.from(digest, 'base64').toString('hex') },
        }
      : {}),
  };
}
