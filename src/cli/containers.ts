// What a plan is told of this machine, where containers run: the images that were made here.

import { stat } from 'node:fs/promises';
import { idInDocker } from '../images/docker.ts';
import { imageUser } from '../images/system-files.ts';
import { runCommand } from '../kit/run-command.ts';
import type { Machine, MachineContainers } from '../plan/machine.ts';
import type { Topology } from '../topology/model.ts';
import { imageStore } from './image/own.ts';
import { thisMachine } from './installation.ts';

/** @throws ClincherError `image-missing` where containers are to run, and there is no image */
export async function machineFor(
  topology: Topology,
  agentVersion: string,
  stateDir: string,
): Promise<Machine> {
  const machine = thisMachine(agentVersion, stateDir, topology.driver);
  if (topology.driver === 'embedded') return machine;
  const containers = await containersFor(topology);
  if (topology.driver !== 'swarm') return { ...machine, containers };
  // Whose the folder is, in the image, that a volume takes its owner from.
  return { ...machine, containers, user: { uid: imageUser, gid: imageUser } };
}

async function containersFor(topology: Topology): Promise<MachineContainers> {
  const run = topology.services
    .map((each) => each.run)
    .find((each) => each.role === 'docker-proxy');
  const socket =
    run?.role === 'docker-proxy' ? await stat(run.dockerSocket).catch(() => null) : null;
  const store = imageStore();
  return {
    roles: await store.image('roles'),
    openclaw: await store.image('openclaw'),
    ...(run?.role === 'docker-proxy' && run.image === null
      ? { sandbox: await sandboxImage() }
      : {}),
    socketGroup: socket?.gid ?? null,
  };
}

/** By the id that this Docker gives it: of two, by how it keeps its images. */
async function sandboxImage() {
  const { reference, imageId } = await imageStore().image('sandbox');
  const id = await idInDocker(reference, { run: runCommand }).catch(() => null);
  return { reference, imageId: id ?? imageId };
}
