// The files of a release of the application host: clincher.yaml as it is read there, and what it
// names of this machine. Of secrets, those alone that a service there holds.

import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { readConfigFile } from '../../config/read-file.ts';
import type { CargoFile } from '../../deploy/cargo.ts';
import { ClincherError } from '../../kit/error.ts';
import type { SecretDeclaration, SecretSource } from '../../topology/model.ts';
import { heldOnlyByMonitor } from '../../topology/monitor-host.ts';
import { readEnvironment } from '../env.ts';
import { configFileOf, type StackFlags, stateDirOf } from '../flags.ts';
import { resolveSecrets } from '../secrets/resolve.ts';
import { generatedStore, userStore } from '../secrets/stores.ts';
import type { DeclaredStack } from '../stack.ts';
import { type CarriedFiles, carriedConfig } from './carried-config.ts';

/**
 * `warn` is told of keys of providers that have no value.
 * @throws ClincherError `secret-missing`, `config-*`
 */
export async function releaseFiles(
  flags: StackFlags,
  declared: DeclaredStack,
  warn: (text: string) => void,
): Promise<readonly CargoFile[]> {
  const files: CargoFile[] = [];
  const carried = { byReference: new Map<string, string>(), byPath: new Map<string, string>() };
  const monitors = new Set<string>();
  const add = (path: string, content: Buffer) => void files.push({ path, content, isSecret: true });
  const values = await valuesOf(flags, declared, warn);
  for (const { name, source } of declared.topology.secrets) {
    const value = values.get(name);
    if (value === undefined) {
      if (source.kind === 'file') monitors.add(source.path);
      continue;
    }
    add(`files/${name}`, Buffer.from(value));
    if (source.kind === 'file') carried.byPath.set(source.path, `files/${name}`);
    else carried.byReference.set(referenceOf(source), `files/${name}`);
  }
  for (const path of await namedPaths(flags)) {
    if (carried.byPath.has(path) || monitors.has(path)) continue;
    const there = `files/${carried.byPath.size}-${basename(path)}`;
    add(there, await readNamed(path));
    carried.byPath.set(path, there);
  }
  const content = Buffer.from(await configText(flags, carried));
  return [{ path: 'clincher.yaml', content, isSecret: false }, ...files];
}

/** By name, of the user's own; a value that was not given is none, as it is for `up`. */
async function valuesOf(
  flags: StackFlags,
  { topology, dir }: DeclaredStack,
  warn: (text: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const isTheirs = ({ name, source }: SecretDeclaration) =>
    source.kind !== 'generated' && !heldOnlyByMonitor(topology, name);
  const stateDir = stateDirOf(flags);
  const { values, missing } = await resolveSecrets(topology.secrets.filter(isTheirs), {
    variables: readEnvironment().variables,
    baseDir: dir,
    generated: generatedStore(stateDir),
    stored: userStore(stateDir),
  });
  for (const { declaration, message, fix } of missing) {
    if (declaration.kind !== 'provider-key') {
      throw new ClincherError('secret-missing', `${declaration.name}: ${message}`, {
        fix,
        at: declaration.at,
      });
    }
    warn(`${message} ${fix}`);
  }
  return new Map([...values].map(([name, value]) => [name, value.reveal()]));
}

function referenceOf(source: SecretSource): string {
  if (source.kind === 'env') return `env:${source.variable}`;
  return source.kind === 'store' ? `store:${source.key}` : '';
}

/** Every path that the file names, absolute, as its reader takes it. */
async function namedPaths(flags: StackFlags): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  await loadConfig(configFileOf(flags), {
    demo: flags.demo === true,
    driver: flags.driver,
    named: (path) => void paths.add(path),
  });
  return paths;
}

async function readNamed(path: string): Promise<Buffer> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new ClincherError('config-invalid', `${path} cannot be read (${error.code})`, {
      fix: 'The configuration names it, so the far side needs it too.',
    });
  });
}

async function configText(flags: StackFlags, carried: CarriedFiles): Promise<string> {
  const file = configFileOf(flags);
  const absolute = (path: string) => resolve(dirname(file), path);
  return carriedConfig(await readConfigFile(file), carried, absolute);
}
