// A service as a container: its image, and whose rights it has.

import { assert } from '../kit/assert.ts';
import type { Run, Service, Topology } from '../topology/model.ts';
import type { ImageReference } from '../topology/own-images.ts';
import type { Machine, MachineContainers } from './machine.ts';
import type { ContainerPlan } from './model.ts';

export function containerOf(
  { driver }: Topology,
  { run }: Service,
  { containers, user }: Machine,
): { readonly container?: ContainerPlan } {
  if (driver === 'embedded' || containers === undefined) return {};
  if (run.role === 'program') {
    const image = run.image ?? '';
    return { container: { image, imageIds: [], user, groups: [], program: run.argv } };
  }
  const { socketGroup } = containers;
  const { reference, imageId, manifestDigest } = imageOf(run, containers);
  // Who asks the daemon has to be let in by its socket's group.
  const isAllowedIn = run.role === 'docker-proxy' && socketGroup !== null;
  return {
    container: {
      image: reference,
      imageIds: [imageId, manifestDigest],
      user,
      groups: isAllowedIn ? [socketGroup] : [],
    },
  };
}

function imageOf(run: Run, { roles, openclaw, ingress }: MachineContainers): ImageReference {
  if (run.role === 'gateway') return openclaw;
  if (run.role !== 'ingress' || run.program === undefined) return roles;
  assert(ingress !== undefined, `there is no image of ${run.program.name}`);
  return ingress;
}
