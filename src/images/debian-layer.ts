// A layer of the distribution's packages, unpacked and not installed: no script of theirs is run,
// and the layer holds what was asked for, not everything they depend on.

import { hash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import type { CommandOutput, runCommand } from '../kit/run-command.ts';
import type { DebianArchive, DebianPackage } from './debian-archive.ts';
import type { LayerContent, LayerDeclaration, LayerFile, Part } from './image.ts';
import { merged, mergedFolders } from './libraries.ts';
import { debianPart } from './system-parts.ts';

export interface DebianWorld {
  readonly archive: DebianArchive;
  readonly run: typeof runCommand;
}

export interface PackageChoice {
  readonly what: string;
  readonly packages: readonly string[];
  /** Depended on and not wanted, by name. */
  readonly without?: readonly string[];
  /** Which of the unpacked files, and what else. */
  files(root: string): Promise<readonly LayerFile[]>;
}

const deadlineMs = 120_000;

/** @throws ClincherError `packages-unavailable`, `image-input` */
export async function debianLayer(
  choice: PackageChoice,
  { archive, run }: DebianWorld,
): Promise<LayerDeclaration> {
  const { what, packages: names, without = [] } = choice;
  const fetched = await archive.fetch(names);
  const packages = fetched.filter(({ name }) => !without.includes(name));
  const versions = packages.map(({ name, version }) => `${name} ${version}`);
  const key = hash('sha256', [what, ...versions].join('\n'));
  return { what, key, make: () => unpacked(choice, packages, run) };
}

async function unpacked(
  choice: PackageChoice,
  packages: readonly DebianPackage[],
  run: typeof runCommand,
): Promise<LayerContent> {
  const root = await mkdtemp(join(tmpdir(), 'clincher-packages-'));
  const discard = () => rm(root, { recursive: true, force: true });
  try {
    await mergeFolders(root);
    const owners = new Map<string, DebianPackage>();
    for (const each of packages) {
      done(await run(['dpkg-deb', '--extract', each.file, root], { deadlineMs }));
      const listed = done(await run(['dpkg-deb', '--contents', each.file], { deadlineMs }));
      for (const path of pathsOf(listed)) owners.set(merged(path), each);
    }
    const files = await choice.files(root);
    const used = new Set(files.flatMap(({ path }) => owners.get(path) ?? []));
    const parts = await Promise.all([...used].map(partOf));
    return { files: [...mergedFolders, ...files], parts, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Before anything is unpacked: what packages have in /bin then goes where the link leads. */
async function mergeFolders(root: string): Promise<void> {
  for (const file of mergedFolders) {
    const path = join(root, file.path);
    if (file.kind === 'folder') await mkdir(path, { recursive: true });
    else if (file.kind === 'link') await symlink(file.to, path);
  }
}

/** `-rwxr-xr-x root/root 1234 2025-01-01 00:00 ./usr/bin/x -> y` */
function pathsOf(listed: string): readonly string[] {
  return [...listed.matchAll(/^[^d].*? \.(\/.*?)(?: (?:->|link to) .*)?$/gm)].map(
    ([, path = '']) => path,
  );
}

async function partOf({ name, version, architecture, file }: DebianPackage): Promise<Part> {
  const content = hash('sha256', await readFile(file));
  return debianPart(name, version, architecture, { alg: 'SHA-256', content });
}

function done({ code, stdout, tail }: CommandOutput): string {
  if (code === 0) return stdout;
  throw new ClincherError(
    'image-input',
    `a package cannot be unpacked: dpkg-deb ended with ${code}: ${tail}`,
  );
}
