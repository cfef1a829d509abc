// The compose plugin of docker for the tests, unpacked into .cache: the machine's own docker, where
// it is older or has none, is left as it is.

import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openArchive } from '../images/debian-archive.ts';
import type { runCommand } from '../kit/run-command.ts';
import { checkout } from './source-tree.ts';

/** What DOCKER_CONFIG names for the tests: a folder with the plugin and no setting. */
export const dockerConfig = join(checkout, '.cache/docker');
const plugin = join(dockerConfig, 'cli-plugins/docker-compose');
/** The first whose package of that name is compose v2. */
const suite = 'trixie';

/** Resolves to whether it had to be installed. */
export async function installCompose(run: typeof runCommand): Promise<boolean> {
  if (existsSync(plugin)) return false;
  const archive = await openArchive({ folder: join(checkout, '.cache/packages'), run, suite });
  const found = (await archive.fetch(['docker-compose'])).find(
    ({ name }) => name === 'docker-compose',
  );
  const unpacked = join(checkout, '.cache', `docker-compose.new-${process.pid}`);
  const { code, tail } = await run(['dpkg-deb', '--extract', found?.file ?? '', unpacked]);
  if (code !== 0) throw new Error(`dpkg-deb: ${tail}`);
  await mkdir(join(dockerConfig, 'cli-plugins'), { recursive: true });
  await copyFile(join(unpacked, 'usr/libexec/docker/cli-plugins/docker-compose'), plugin);
  await rm(unpacked, { recursive: true });
  return true;
}
