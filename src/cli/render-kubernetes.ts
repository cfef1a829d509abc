// `clincher render kubernetes`: what is declared, as manifests of a cluster. What was written is
// read back and tried before anybody gets it.

import { assert } from '../kit/assert.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { KubernetesStack } from '../targets/kubernetes/model.ts';
import { compareReach } from '../targets/kubernetes/reach/differences.ts';
import { renderKubernetes as textOf } from '../targets/kubernetes/render-kubernetes.ts';
import { machineFor } from './containers.ts';
import type { StackFlags } from './flags.ts';
import { containerArgv, nobody } from './installation.ts';
import { output } from './output.ts';
import { declareStack } from './stack.ts';

export interface KubernetesFlags extends StackFlags {
  readonly namespace: string;
  readonly serviceAddresses: string;
  readonly registry?: string;
  readonly cilium?: boolean;
}

/** @throws ClincherError `config-*`, `image-missing`, `usage` */
export async function renderKubernetes(flags: KubernetesFlags, stateDir: string): Promise<void> {
  const declared = await declareStack({ ...flags, driver: 'docker' });
  // Pods share no folder, so an edge is an address whatever the file says of this machine.
  const topology = { ...declared.topology, isolation: 'segmented' } as const;
  const machine = await machineFor(topology, declared.options.agent.version, stateDir);
  const cluster = { serviceAddresses: flags.serviceAddresses };
  const { services } = makePlan(topology, { ...machine, user: nobody, cluster });
  const stack: KubernetesStack = {
    topology,
    services: services.map((plan) => ({
      plan,
      argv: containerArgv.serveArgv(plan.role),
      health: containerArgv.healthArgv,
    })),
    namespace: flags.namespace,
    registry: flags.registry === undefined ? '' : `${flags.registry.replace(/\/$/, '')}/`,
    names: flags.cilium === true ? 'cilium' : 'egress',
  };
  const text = textOf(stack);
  const { attempts, letThrough, differences } = compareReach(text, stack);
  assert(differences.length === 0, `the policies differ: ${JSON.stringify(differences)}`);
  output.line(text.trimEnd());
  output.note(
    `tried ${attempts} connections against these policies: the ${letThrough} that get through are declared`,
  );
}
