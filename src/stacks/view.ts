// A found stack with what follows from it: what each service is, who shares a network with whom,
// and who has a way out.

import type { Place } from '../kit/place.ts';
import type { FoundNetwork, FoundService, FoundSetting, FoundStack } from './model.ts';
import { type Part, partsOf } from './parts.ts';
import { besideFile, plainPath } from './values.ts';

export interface StackView {
  readonly stack: FoundStack;
  part(service: FoundService): Part;
  ofPart(part: Part): readonly FoundService[];
  /** With what `network_mode: service:` shares. */
  networksOf(service: FoundService): readonly FoundNetwork[];
  /** Others that reach every port of it. */
  neighbours(service: FoundService): readonly FoundService[];
  /** The network by which it gets out past every proxy; null where there is none. */
  wayOut(service: FoundService): { readonly name: string; readonly at: Place } | null;
  /** What is mounted into it, as far as it was read. */
  filesOf(service: FoundService): readonly MountedFile[];
}

export interface MountedFile {
  readonly text: string;
  readonly file: string;
  /** Inside. */
  readonly target: string;
}

export function viewOf(stack: FoundStack, agent: string | null): StackView {
  const parts = partsOf(stack, agent);
  const part = (service: FoundService) => parts.get(service.name) ?? 'other';
  const networks = new Map(stack.networks.map((one) => [one.name, one]));
  const networksOf = (service: FoundService) => {
    const owner = ownerOf(service, stack);
    return owner.networks.map((name) => networks.get(name) ?? unknownNetwork(name, owner));
  };
  return {
    ...{ stack, part, networksOf },
    ofPart: (wanted) => stack.services.filter((service) => part(service) === wanted),
    neighbours: (service) => {
      const own = new Set(networksOf(service).map(({ name }) => name));
      return stack.services.filter(
        (other) =>
          other.name !== service.name && networksOf(other).some(({ name }) => own.has(name)),
      );
    },
    wayOut: (service) => {
      const { networkMode, placeOf } = ownerOf(service, stack);
      if (networkMode === 'host') return { name: "the host's own", at: placeOf('network_mode') };
      if (networkMode === 'bridge' || networkMode?.startsWith('container:') === true) {
        return { name: networkMode, at: placeOf('network_mode') };
      }
      const open = networksOf(service).find(({ internal }) => !internal);
      return open === undefined ? null : { name: open.name, at: open.at };
    },
    filesOf: ({ mounts }) =>
      mounts.flatMap(({ source, target }) => filesAt(plainPath(source), target, stack)),
  };
}

/** A file, or those of a folder. */
function filesAt(path: string, target: string, stack: FoundStack): readonly MountedFile[] {
  return [...stack.files].flatMap(([name, text]): MountedFile[] => {
    const file = besideFile(stack.file, name);
    if (name === path) return [{ file, text, target }];
    return name.startsWith(`${path}/`)
      ? [{ file, text, target: `${target}${name.slice(path.length)}` }]
      : [];
  });
}

/** Whose network namespace it is in. */
function ownerOf(service: FoundService, stack: FoundStack, depth = 0): FoundService {
  const [, shared] = /^service:(.+)$/.exec(service.networkMode ?? '') ?? [];
  const owner = stack.services.find(({ name }) => name === shared);
  // Two that name one another go round for ever.
  if (owner === undefined || depth > stack.services.length) return service;
  return ownerOf(owner, stack, depth + 1);
}

/** The one that Docker makes for who names none. */
function unknownNetwork(name: string, { at }: FoundService): FoundNetwork {
  return { name, at, internal: false, withoutHost: false, ipv6: false, external: false };
}

export function settingOf({ settings }: FoundService, name: string): FoundSetting | undefined {
  return settings.find((one) => one.name === name);
}

/** Docker's own socket, under the names that it has. */
export function isDockerSocket(source: string): boolean {
  return /(^|\/)(docker|podman|containerd)\.sock$/.test(source);
}

/** A role of clincher's: `clincher check` judges what it is told, and not its switches. */
export function isOurs({ words }: FoundService): boolean {
  return words.includes('/opt/clincher/serve.js');
}
