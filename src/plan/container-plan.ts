// A service as a container: its image, and whose rights it has.

import type { Service, Topology } from '../topology/model.ts';
import type { Machine } from './machine.ts';
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
  const { roles, openclaw, socketGroup } = containers;
  const { reference, imageId, manifestDigest } = run.role === 'gateway' ? openclaw : roles;
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
