// A stack to plant holes in: never one that anybody uses.

import type { Driver } from '../../drivers/driver.ts';
import type { Secret } from '../../kit/secret.ts';
import type { Plan, ServicePlan } from '../../plan/model.ts';
import { inside } from '../../plan/paths.ts';
import type { Topology } from '../../topology/model.ts';

export interface StackCopy {
  readonly topology: Topology;
  readonly plan: Plan;
  readonly driver: Driver;
  /** Host folder with `docker.sock` and an empty folder `planted`. */
  readonly folder: string;
  readonly stateDir: string;
  readonly secrets: ReadonlyMap<string, Secret>;
}

/**
 * Starts a service again from a plan with a hole in it; its hash stays, so that only the hole can
 * be noticed.
 */
export async function plant(
  { plan, driver }: StackCopy,
  name: string,
  change: (plan: ServicePlan) => Partial<ServicePlan>,
): Promise<void> {
  const service = plan.services.find((each) => each.name === name);
  if (service === undefined) throw new Error(`no service ${name}`);
  await driver.apply({ kind: 'replace', service: { ...service, ...change(service) } });
}

/** The relay starts this instead of the agent: a page on the agent's port, and nothing else. */
const standIn = `
import { createServer } from 'node:http';
createServer((request, response) => response.end('{}')).listen(18789, '127.0.0.1');
`;

/** The same plan, without a gigabyte of agent. */
export function withStandIn(plan: Plan): Plan {
  const services = plan.services.map((service) => {
    if (service.role !== 'relay') return service;
    const program = service.settings.program as Record<string, unknown>;
    const argv = [inside.node, '--input-type=module', '-e', standIn];
    return { ...service, settings: { ...service.settings, program: { ...program, argv } } };
  });
  return { ...plan, services };
}
