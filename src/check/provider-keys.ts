// No provider secret where the agent can get at it: not held, not mounted, not behind something it can write.

import type { SecretDeclaration, Service } from '../topology/model.ts';
import type { Check, Fault } from './check.ts';
import { isWithin, overlap } from './host-path.ts';
import type { TopologyView } from './view.ts';

export const providerKeys: Check = {
  id: 'provider-keys',
  invariant:
    'A provider key is readable by llm alone, and nothing that llm mounts can be written by another.',
  because: 'A stolen provider key spends real money outside every budget, and works from anywhere.',
  *find(view) {
    const keys = view.topology.secrets.filter(({ kind }) => kind === 'provider-key');
    const files = keys.flatMap(keyFile);
    const holders = view.topology.services.filter((service) => holdsKey(service, view));
    for (const service of view.topology.services) {
      if (service.run.role !== 'llm') {
        yield* held(service, view);
        yield* mounted(service, files);
      }
      yield* writesInto(service, holders);
    }
  },
};

interface KeyFile {
  readonly name: string;
  readonly path: string;
}

function keyFile({ name, source }: SecretDeclaration): readonly KeyFile[] {
  return source.kind === 'file' ? [{ name, path: source.path }] : [];
}

function holdsKey(service: Service, view: TopologyView): boolean {
  return service.holds.some((name) => view.secrets.get(name)?.kind === 'provider-key');
}

function* held(service: Service, view: TopologyView): Iterable<Fault> {
  for (const name of service.holds) {
    if (view.secrets.get(name)?.kind !== 'provider-key') continue;
    const message = `${service.name} may read ${name}, which is for llm alone`;
    yield fault(service, message, `Take ${name} from it, and let it call llm with a virtual key.`);
  }
}

/** The user's own file with a key, inside a folder that is mounted somewhere. */
function* mounted(service: Service, files: readonly KeyFile[]): Iterable<Fault> {
  for (const mount of service.rights.mounts) {
    const file = files.find(({ path }) => isWithin(path, mount.source));
    if (file === undefined) continue;
    const message = `${service.name} mounts ${mount.source}, which holds the file of ${file.name}`;
    yield fault(service, message, 'Move the key elsewhere, or mount a narrower folder.');
  }
}

/** Who can write what a holder reads can make it give the key away. */
function* writesInto(service: Service, holders: readonly Service[]): Iterable<Fault> {
  const writable = service.rights.mounts.filter(({ readOnly }) => !readOnly);
  if (writable.length === 0) return;
  for (const holder of holders) {
    if (holder.name === service.name) continue;
    for (const mount of holder.rights.mounts) {
      const shared = writable.find(({ source }) => overlap(source, mount.source));
      if (shared === undefined) continue;
      const message = `${service.name} can write ${shared.source}, which ${holder.name} mounts, and ${holder.name} holds provider keys`;
      yield fault(service, message, 'Make the mount read-only, or give each a folder of its own.');
    }
  }
}

function fault(service: Service, message: string, fix: string): Fault {
  return { severity: 'fatal', about: service.name, message, fix, at: service.at };
}
