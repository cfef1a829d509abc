// The compose plugin of docker for the tests, unpacked into .cache: the machine's own docker, where
// it is older or has none, is left as it is.

import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { runCommand } from '../kit/run-command.ts';
import { unpackPackage } from './debian-packages.ts';
import { checkout } from './source-tree.ts';

/** What DOCKER_CONFIG names for the tests: a folder with the plugin and no setting. */
export const dockerConfig = join(checkout, '.cache/docker');
const plugin = join(dockerConfig, 'cli-plugins/docker-compose');

/** Resolves to whether it had to be installed. */
export async function installCompose(run: typeof runCommand): Promise<boolean> {
  if (existsSync(plugin)) return false;
  const unpacked = join(checkout, '.cache', `docker-compose.new-${process.pid}`);
  await unpackPackage('docker-compose', unpacked, run);
  await mkdir(join(dockerConfig, 'cli-plugins'), { recursive: true });
  await copyFile(join(unpacked, 'usr/libexec/docker/cli-plugins/docker-compose'), plugin);
  await rm(unpacked, { recursive: true });
  return true;
}
