// Which packages of this system some of its files are of, for the list of an image's parts.

import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { runCommand } from '../kit/run-command.ts';
import type { Part } from './image.ts';

const deadlineMs = 60_000;

/** Where no package manager knows a file, the part is the file itself. */
export async function systemParts(
  files: readonly string[],
  run: typeof runCommand,
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const file of files) parts.push((await packagePart(file, run)) ?? (await filePart(file)));
  return parts;
}

export function debianPart(
  name: string,
  version: string,
  architecture: string,
  hash?: Part['hash'],
): Part {
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { type: 'library', name, version, purl, ...(hash === undefined ? {} : { hash }) };
}

async function packagePart(file: string, run: typeof runCommand): Promise<Part | null> {
  // Its list has a file by the name it had before /lib became a link into /usr.
  for (const path of [file, file.replace(/^\/usr\//, '/')]) {
    const owner = await run(['dpkg-query', '--search', path], { deadlineMs });
    const name = owner.code === 0 ? owner.stdout.split(': ')[0] : undefined;
    if (name === undefined) continue;
    const format = ['Package', 'Version', 'Architecture'].map((each) => `\${${each}}`).join(' ');
    const { stdout } = await run(['dpkg-query', '--show', `--showformat=${format}`, name]);
    const [found = '', version = '', architecture = ''] = stdout.split(' ');
    return debianPart(found, version, architecture);
  }
  return null;
}

async function filePart(file: string): Promise<Part> {
  const content = hash('sha256', await readFile(file));
  const [name, version] = [basename(file), `sha256:${content}`];
  const purl = `pkg:generic/${encodeURIComponent(name)}@${encodeURIComponent(version)}`;
  return { type: 'library', name, version, purl, hash: { alg: 'SHA-256', content } };
}
