// Caddy and nginx for the tests, of this machine's own Debian, unpacked into .cache: nothing is
// installed, so nothing is started as a service of the system.

import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { runCommand } from '../kit/run-command.ts';
import type { IngressProgram } from '../roles/ingress/settings.ts';
import { unpackPackage } from './debian-packages.ts';
import { checkout } from './source-tree.ts';

const folder = join(checkout, '.cache/ingress-programs');
const places = { caddy: 'usr/bin/caddy', nginx: 'usr/sbin/nginx' } as const;

/** `npm test` has put them there. */
export const ingressProgramFiles: Readonly<Record<IngressProgram, string>> = {
  caddy: join(folder, places.caddy),
  nginx: join(folder, places.nginx),
};

export function ingressProgram(name: IngressProgram): string {
  return ingressProgramFiles[name];
}

/** Whether there was anything to be done. */
export async function installIngressPrograms(run: typeof runCommand): Promise<boolean> {
  if (existsSync(folder)) return false;
  const made = `${folder}.new-${process.pid}`;
  await mkdir(made, { recursive: true });
  try {
    for (const name of Object.keys(places)) await unpackPackage(name, made, run, null);
    await rename(made, folder);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return true;
}
