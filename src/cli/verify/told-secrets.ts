// Secrets that are in nobody's reach here any more, an environment variable of the terminal that
// brought the stack up, as the services were told them: what is not known cannot be looked for.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerPaths } from '../../drivers/docker/docker-paths.ts';
import { hostPaths } from '../../host/host-paths.ts';
import { Secret } from '../../kit/secret.ts';
import type { Plan } from '../../plan/model.ts';

/** By name; those that no service was told are left out. */
export async function toldSecrets(
  stateDir: string,
  { driver, services }: Plan,
  names: readonly string[],
): Promise<ReadonlyMap<string, Secret>> {
  const folderOf = (service: string) =>
    driver === 'embedded'
      ? hostPaths(stateDir).bundles(service)
      : dockerPaths(stateDir).toldFolder(service);
  const found = new Map<string, Secret>();
  for (const name of names) {
    for (const service of services.filter(({ secrets }) => secrets.includes(name))) {
      const folder = folderOf(service.name);
      for (const start of await readdir(folder).catch(() => [])) {
        const file = join(folder, start, 'secrets', name);
        const value = await readFile(file, 'utf8').catch(() => null);
        if (value !== null) found.set(name, new Secret(value));
      }
    }
  }
  return found;
}
