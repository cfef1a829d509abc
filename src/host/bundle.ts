// Writes what a service is told into a folder of its own, readable by the owner alone, before it is
// started.

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import type { Secret } from '../kit/secret.ts';
import type { ServicePlan } from '../plan/model.ts';
import { unusable } from './unusable.ts';

export type SecretSource = (name: string) => Promise<Secret | null>;

/**
 * Each start has a bundle of its own: a running service never sees the next one's secrets, but for
 * one that reads them again.
 */
export function bundleName(service: ServicePlan): string {
  return `${service.hash.slice(0, 12)}-${randomBytes(6).toString('hex')}`;
}

/**
 * Resolves to the names of the secrets that are in it: one without a value is not written, and one
 * that a rendered file needs must have a value.
 * @throws ClincherError `secret-missing`, `disk-full`, `state-unusable`; nothing is left behind
 * then
 */
export async function writeBundle(
  service: ServicePlan,
  folder: string,
  source: SecretSource,
): Promise<readonly string[]> {
  try {
    const secrets = await readSecrets(service, source);
    await writeAll(service, folder, secrets);
    return [...secrets.keys()];
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
  await mkdir(join(folder, 'live'), { mode });
  for (const { path, content } of service.live ?? []) {
    await writeFile(join(folder, 'live', basename(path)), content, { mode: 0o600 });
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

/**
 * Gives a service that runs from one bundle what it reads again, from a newer one: each file is
 * replaced in one step.
 */
export async function refreshBundle(folder: string, newer: string): Promise<void> {
  for (const part of ['secrets', 'live']) {
    for (const name of await readdir(join(newer, part))) {
      await rename(join(newer, part, name), join(folder, part, name));
    }
  }
}
