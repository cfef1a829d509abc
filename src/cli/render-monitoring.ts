// `clincher render monitoring`: what the monitoring host is told, as a folder to be put there.

import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import type { Secret } from '../kit/secret.ts';
import { type BundleFile, secretPath } from '../render/monitoring/artefact.ts';
import { renderMonitoring as filesOf } from '../render/monitoring/index.ts';
import type { Topology } from '../topology/model.ts';
import { readEnvironment } from './env.ts';
import type { StackFlags } from './flags.ts';
import { output } from './output.ts';
import { resolveSecrets } from './secrets/resolve.ts';
import { generatedStore, userStore } from './secrets/stores.ts';
import { type DeclaredStack, declareStack } from './stack.ts';

/** Where the bundle is on the monitoring host, if nobody says otherwise. */
export const monitorFolder = '/opt/clincher-monitor';

export interface RenderMonitoringFlags extends StackFlags {
  readonly out?: string;
  readonly at?: string;
}

/** @throws ClincherError `config-*`, `usage`, `secret-missing` */
export async function renderMonitoring(
  flags: RenderMonitoringFlags,
  stateDir: string,
): Promise<void> {
  const { out, at = monitorFolder } = flags;
  const declared = await declareStack(flags);
  const files = filesOf(declared.topology, at);
  if (out === undefined) {
    for (const { path, content } of files) output.line(`# ${path}\n${content.trimEnd()}\n`);
    return;
  }
  const secrets = await monitorSecretsOf(declared, stateDir);
  await writeBundle(resolve(readEnvironment().cwd, out), files, secrets);
  output.line(`wrote ${files.length} files and ${secrets.length} secrets to ${out}, for ${at}`);
}

export async function writeBundle(
  folder: string,
  files: readonly BundleFile[],
  secrets: readonly BundleSecret[],
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  for (const { path, content } of files) await write(join(folder, path), content, 0o644);
  // Of a receiver that is no longer declared nothing is left behind.
  await rm(join(folder, 'secrets'), { recursive: true, force: true });
  for (const { path, value } of secrets) await write(join(folder, path), value.reveal(), 0o600);
}

export interface BundleSecret {
  readonly path: string;
  readonly value: Secret;
}

/** All that the services of the monitoring host hold, or nothing: a part of it helps nobody. */
export async function monitorSecretsOf(
  { topology, dir }: DeclaredStack,
  stateDir: string,
): Promise<readonly BundleSecret[]> {
  const held = heldByMonitor(topology);
  const names = new Set(held.map(({ secret }) => secret));
  const { values, missing } = await resolveSecrets(
    topology.secrets.filter(({ name }) => names.has(name)),
    {
      variables: readEnvironment().variables,
      baseDir: dir,
      generated: generatedStore(stateDir),
      stored: userStore(stateDir),
    },
  );
  const [first] = missing;
  if (first !== undefined) {
    throw new ClincherError('secret-missing', first.message, {
      fix: first.fix,
      at: first.declaration.at,
    });
  }
  return held.flatMap(({ service, secret }) => {
    const value = values.get(secret);
    return value === undefined ? [] : [{ path: secretPath(service, secret), value }];
  });
}

function heldByMonitor({ services }: Topology) {
  return services
    .filter(({ host }) => host === 'monitor')
    .flatMap(({ name: service, holds }) => holds.map((secret) => ({ service, secret })));
}

async function write(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(path, text, { mode });
  await chmod(path, mode);
}
