// What is left of a start that failed: what Docker said of the container and all that it printed.
// The container itself cannot stay: Compose takes whatever has its labels for the service, and
// with a read-only root and its folders of memory gone there would be no more in it than this.

import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ComposeService, labels } from '../../targets/compose/model.ts';
import type { DockerCli } from './docker-cli.ts';
import { lastLines, logsOfContainer } from './docker-logs.ts';
import type { DockerPaths } from './docker-paths.ts';
import { type FoundContainer, labelOf } from './found-container.ts';

const inspection = 'inspect.json';

/** `found` may be of another version: then there is nothing of this one. */
export async function keepFailed(
  docker: DockerCli,
  paths: DockerPaths,
  found: FoundContainer | null,
  { plan }: ComposeService,
): Promise<void> {
  if (found === null || labelOf(found, labels.hash) !== plan.hash) return;
  const folder = paths.failed(plan.name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { stdout } = await docker.run(['inspect', found.Id]);
  const said = await lastLines(logsOfContainer(docker, found), null);
  await writeFile(join(folder, 'log'), said.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  await writeFile(join(folder, inspection), stdout, { mode: 0o600 });
}

/** A later start came up. */
export async function forgetFailed(paths: DockerPaths, name: string): Promise<void> {
  await rm(paths.failed(name), { recursive: true, force: true });
}

/** Null where the last start of a service came up. */
export async function failedText(paths: DockerPaths, name: string): Promise<string | null> {
  const folder = paths.failed(name);
  const kept = await stat(join(folder, inspection)).catch(() => null);
  if (kept === null) return null;
  const at = kept.mtime.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length).replace('T', ' ');
  return `another version did not come up at ${at} UTC: ${folder}`;
}
