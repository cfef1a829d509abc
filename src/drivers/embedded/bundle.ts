// Writes what a service is told into a folder of its own, readable by the owner alone, before it is
// started.

import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClincherError } from '../../kit/error.ts';
import type { Secret } from '../../kit/secret.ts';
import type { ServicePlan } from '../../plan/model.ts';
import type { HostPaths } from './host-paths.ts';
import { unusable } from './start-supervisor.ts';

export type SecretSource = (name: string) => Promise<Secret | null>;

/**
 * Returns the bundle's name. Each start has its own, so that a running service never sees the next
 * one's secrets. A secret without a value is not written; one that a rendered file needs must have
 * a value.
 * @throws ClincherError `secret-missing`, `disk-full`, `state-unusable`; nothing is left behind
 * then
 */
export async function writeBundle(
  service: ServicePlan,
  paths: HostPaths,
  secrets: SecretSource,
): Promise<string> {
  const bundle = `${service.hash.slice(0, 12)}-${randomBytes(6).toString('hex')}`;
  const folder = paths.bundle(service.name, bundle);
  try {
    await writeAll(service, folder, await readSecrets(service, secrets));
    return bundle;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (error instanceof ClincherError) throw error;
    throw unusable(folder, error as NodeJS.ErrnoException);
  }
}

async function readSecrets(
  service: ServicePlan,
  source: SecretSource,
): Promise<ReadonlyMap<string, Secret>> {
  const values = new Map<string, Secret>();
  for (const name of service.secrets) {
    const value = await source(name);
    if (value !== null) values.set(name, value);
  }
  return values;
}

async function writeAll(
  service: ServicePlan,
  folder: string,
  secrets: ReadonlyMap<string, Secret>,
): Promise<void> {
  const mode = 0o700;
  await mkdir(join(folder, 'secrets'), { recursive: true, mode });
  await mkdir(join(folder, 'files'), { recursive: true, mode });
  await writeFile(join(folder, 'settings.json'), JSON.stringify(service.settings), { mode: 0o600 });
  for (const [name, value] of secrets) {
    await writeFile(join(folder, 'secrets', name), value.reveal(), { mode: 0o600 });
  }
  for (const [index, file] of service.files.entries()) {
    const text = fillSecrets(file.content, file.path, secrets);
    await writeFile(join(folder, 'files', String(index)), text, { mode: 0o600 });
  }
}

/**
 * @throws ClincherError `secret-missing` for a placeholder whose secret the service does not hold
 * or that is empty
 */
export function fillSecrets(
  content: string,
  path: string,
  secrets: ReadonlyMap<string, Secret>,
): string {
  return content.replace(/\{\{secret:([^}]*)\}\}/g, (_, name: string) => {
    const value = secrets.get(name);
    if (value !== undefined) return value.reveal();
    throw new ClincherError(
      'secret-missing',
      `${path} needs the secret ${name}, which has no value`,
      {
        fix: 'Give it one in clincher.yaml, or by the reference that is written there.',
      },
    );
  });
}
