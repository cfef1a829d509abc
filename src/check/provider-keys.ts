// No provider secret where the agent can get at it: not held, not mounted, not behind something it
// can write.

import type { SecretDeclaration, Service } from '../topology/model.ts';
import type { Check, Fault } from './check.ts';
import { PathIndex } from './host-path.ts';
import type { TopologyView } from './view.ts';

export const providerKeys: Check = {
  id: 'provider-keys',
  invariant:
    'A provider key is readable by llm alone, and nothing that llm mounts can be written by another.',
  because: 'A stolen provider key spends real money outside every budget, and works from anywhere.',
  *find(view) {
    const files = new PathIndex<SecretDeclaration>();
    for (const key of view.secrets.values()) {
      if (key.kind === 'provider-key' && key.source.kind === 'file') {
        files.add(key.source.path, key);
      }
    }
    const mounts = new PathIndex<Service>();
    for (const holder of view.services.values()) {
      if (!holdsKey(holder, view)) continue;
      for (const { source } of holder.rights.mounts) mounts.add(source, holder);
    }
    for (const service of view.topology.services) {
      if (service.run.role !== 'llm') {
        yield* held(service, view);
        yield* mounted(service, files);
      }
      yield* writesInto(service, mounts);
    }
  },
};

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
function* mounted(service: Service, files: PathIndex<SecretDeclaration>): Iterable<Fault> {
  for (const { source } of service.rights.mounts) {
    const [key] = files.within(source);
    if (key === undefined) continue;
    const message = `${service.name} mounts ${source}, which holds the file of ${key.name}`;
    yield fault(service, message, 'Move the key elsewhere, or mount a narrower folder.');
  }
}

/** Who can write what a holder reads can make it give the key away. */
function* writesInto(service: Service, mounts: PathIndex<Service>): Iterable<Fault> {
  for (const { source, readOnly } of service.rights.mounts) {
    if (readOnly) continue;
    const holder = firstOther(mounts.touching(source), service);
    if (holder === null) continue;
    const message = `${service.name} can write ${source}, which ${holder.name} reads, a holder of provider keys`;
    yield fault(service, message, 'Make the mount read-only, or give each a folder of its own.');
  }
}

function firstOther(owners: Iterable<Service>, service: Service): Service | null {
  for (const owner of owners) if (owner.name !== service.name) return owner;
  return null;
}

function fault(service: Service, message: string, fix: string): Fault {
  return { severity: 'fatal', about: service.name, message, fix, at: service.at };
}
