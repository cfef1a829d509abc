// One service's plan: its sockets, settings, secrets, mounts and limits, complete to the last path.

import { hashOf } from '../topology/hash.ts';
import { onnxRuntimeTarget } from '../topology/llm-rules.ts';
import type { Mount, Service, Topology } from '../topology/model.ts';
import { stateFolder } from '../topology/templates.ts';
import { challengesOf } from './challenges-folder.ts';
import { containerOf } from './container-plan.ts';
import { foldersOf } from './docker-folders.ts';
import { type Ends, endsOf } from './ends.ts';
import { factsOf } from './facts-folder.ts';
import { gatewayFiles } from './gateway-plan.ts';
import { jailsOf } from './jails-plan.ts';
import type { Machine } from './machine.ts';
import type { ServicePlan } from './model.ts';
import { inside } from './paths.ts';
import { ingressProgramTarget, liveRulesOf, rulesFile, settingsOf } from './role-settings.ts';

/** A container takes longer than a jail, on a busy machine much longer. */
const roleTimeoutsMs = { jail: 45_000, container: 120_000 } as const;
/** OpenClaw boots in 10 to 25 s; on crowded cores in minutes, and may have to start again. */
const gatewayTimeoutMs = 600_000;

export function planService(topology: Topology, service: Service, machine: Machine): ServicePlan {
  const ends = endsOf(topology, service, machine);
  const { rights } = service;
  const plan: Omit<ServicePlan, 'hash'> = {
    name: service.name,
    role: service.run.role === 'gateway' ? 'relay' : service.run.role,
    settings: settingsOf(topology, service, ends, machine),
    listens: ends.listens,
    dials: ends.dials,
    ...bridged(ends),
    ...containerOf(topology, service, machine),
    secrets: service.holds,
    files: service.run.role === 'gateway' ? gatewayFiles(topology, machine) : [],
    ...liveOf(service),
    mounts: [...programMount(service, machine), ...rights.mounts],
    state: rights.writable.includes(stateFolder),
    ...foldersOf(topology, service, machine),
    ...factsOf(service),
    ...challengesOf(service),
    network: rights.network,
    inherits: rights.worldListeners,
    limits: {
      memoryBytesMax: rights.memoryBytesMax,
      cpusMax: rights.cpusMax,
      processesMax: rights.processesMax,
      filesMax: rights.filesMax,
    },
    ...jailsOf(service),
    after: afterOf(service, ends),
    readyTimeoutMs: readyTimeoutOf(service, machine),
  };
  const { live: _, ...hashed } = plan;
  return { ...plan, hash: hashOf(hashed) };
}

function liveOf({ run }: Service): Pick<ServicePlan, 'live'> {
  if (run.role !== 'ingress') return {};
  return { live: [{ path: rulesFile, content: JSON.stringify(liveRulesOf(run.rules)) }] };
}

function readyTimeoutOf({ run }: Service, { containers }: Machine): number {
  if (run.role === 'gateway') return gatewayTimeoutMs;
  return roleTimeoutsMs[containers === undefined ? 'jail' : 'container'];
}

/**
 * Programs that are not ours, each seen by the one service that runs it. Their folders are named by
 * their versions, so another version is another plan.
 */
function programMount({ run }: Service, machine: Machine): readonly Mount[] {
  // Where containers run, the agent is in their image.
  if (run.role === 'gateway' && machine.containers === undefined) {
    return [{ source: machine.agentRoot, target: inside.agent, readOnly: true }];
  }
  if (run.role === 'ingress' && run.program !== undefined && machine.containers === undefined) {
    const source = machine.ingressPrograms[run.program.name];
    return [{ source, target: ingressProgramTarget, readOnly: true }];
  }
  if (run.role !== 'llm' || run.rules.cache?.embedding.kind !== 'onnx') return [];
  return [{ source: machine.onnxRoot, target: onnxRuntimeTarget, readOnly: true }];
}

function bridged({ bridges, answers, reaches }: Ends): Partial<ServicePlan> {
  return {
    ...(bridges.length === 0 ? {} : { bridges }),
    ...(answers.length === 0 ? {} : { answers }),
    ...(reaches.length === 0 ? {} : { reaches }),
  };
}

/**
 * Callees first, with two exceptions that would hold everything up: who only looks on (metrics),
 * and ingress, which answers for itself while the agent boots.
 */
function afterOf(service: Service, ends: Ends): readonly string[] {
  if (service.run.role === 'metrics' || service.run.role === 'ingress') return [];
  return [...new Set(ends.edgesOut.map(({ to }) => to))].sort();
}
