// What is planned of a stack on this machine; and what a plan is told of the machine, where
// containers run: the images that were made here.

import { stat } from 'node:fs/promises';
import { idInDocker } from '../images/docker.ts';
import { imageUser } from '../images/system-files.ts';
import { runCommand } from '../kit/run-command.ts';
import type { Machine, MachineContainers } from '../plan/machine.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { Plan } from '../plan/model.ts';
import type { Topology } from '../topology/model.ts';
import { agentImage } from '../topology/own-images.ts';
import { imageFor } from './image/sent.ts';
import { thisMachine } from './installation.ts';
import { withCarriedFiles } from './swarm/carried-files.ts';

/** @throws ClincherError `image-missing`, and what makePlan() throws */
export async function planFor(
  topology: Topology,
  agentVersion: string,
  stateDir: string,
): Promise<Plan> {
  const plan = makePlan(topology, await machineFor(topology, agentVersion, stateDir));
  if (topology.driver !== 'swarm') return plan;
  return { ...plan, services: await Promise.all(plan.services.map(withCarriedFiles)) };
}

/** @throws ClincherError `image-missing` where containers are to run, and there is no image */
export async function machineFor(
  topology: Topology,
  agentVersion: string,
  stateDir: string,
): Promise<Machine> {
  const machine = thisMachine(agentVersion, stateDir, topology.driver);
  if (topology.driver === 'embedded') return machine;
  const containers = await containersFor(topology, stateDir);
  if (topology.driver !== 'swarm') return { ...machine, containers };
  // Whose the folder is, in the image, that a volume takes its owner from.
  return { ...machine, containers, user: { uid: imageUser, gid: imageUser } };
}

async function containersFor(topology: Topology, stateDir: string): Promise<MachineContainers> {
  const runs = topology.services.map((each) => each.run);
  const run = runs.find((each) => each.role === 'docker-proxy');
  const program = runs.flatMap((each) => (each.role === 'ingress' ? (each.program ?? []) : []))[0];
  const socket =
    run?.role === 'docker-proxy' ? await stat(run.dockerSocket).catch(() => null) : null;
  return {
    roles: await imageFor(stateDir, 'roles'),
    openclaw: await imageFor(stateDir, agentImage(run === undefined ? 'beside' : 'apart')),
    ...(program === undefined ? {} : { ingress: await imageFor(stateDir, program.name) }),
    ...(run?.role === 'docker-proxy' && run.image === null
      ? { sandbox: await sandboxImage(stateDir) }
      : {}),
    socketGroup: socket?.gid ?? null,
  };
}

/** By the id that this Docker gives it: of two, by how it keeps its images. */
async function sandboxImage(stateDir: string) {
  const { reference, imageId } = await imageFor(stateDir, 'sandbox');
  const id = await idInDocker(reference, { run: runCommand }).catch(() => null);
  return { reference, imageId: id ?? imageId };
}
