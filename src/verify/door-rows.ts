// The one door people use, tried from where people stand: on the host. And whether the canaries
// answer here, for a canary that the host cannot reach tells nothing about a service.

import type { Observed } from '../drivers/driver.ts';
import type { Plan } from '../plan/model.ts';
import type { Topology } from '../topology/model.ts';
import type { Canaries } from './canary.ts';
import { classify } from './classify.ts';
import { judge } from './judge.ts';
import type { Row } from './model.ts';
import type { Probes } from './probe-program.ts';
import type { ReachOutcome, ReachTarget } from './probes/reach.ts';
import { targetKey } from './target.ts';

export interface HostReach {
  /** Keys of the canary targets that answered with their token. */
  readonly live: ReadonlySet<string>;
  readonly doors: readonly Door[];
}

interface Door {
  readonly service: string;
  readonly host: string;
  readonly port: number;
  readonly outcome: ReachOutcome;
}

export async function hostReach(
  probes: Probes,
  { plan, observed }: { readonly plan: Plan; readonly observed: Observed },
  canaries: Canaries,
  waits: { readonly deadlineMs: number; readonly answerMs: number },
): Promise<HostReach> {
  const atOf = (name: string) => observed.services.find((one) => one.name === name)?.machine;
  const doors = plan.services.flatMap(({ name, inherits }) =>
    inherits.map(({ host, port }) => ({ service: name, host, port, at: atOf(name) ?? host })),
  );
  const first = canaries.targets.length;
  const targets: ReachTarget[] = [
    ...canaries.targets.map((target, id) => ({ ...target, id })),
    ...doors.map(({ at, port }, index) => ({
      ...{ id: first + index, kind: 'tcp' as const, address: dialled(at), port, token: null },
    })),
  ];
  const outcomes = await probes.reach('host', { targets, ...waits });
  const outcome = (id: number) =>
    outcomes.find((each) => each.id === id) ?? { id, code: 'not-tried', answer: '' };
  const answered = canaries.targets.filter((_, id) => outcome(id).answer === canaries.token);
  return {
    live: new Set(answered.map(targetKey)),
    doors: doors.map((door, index) => ({ ...door, outcome: outcome(first + index) })),
  };
}

export function doorRows(topology: Topology, plan: Plan, { doors }: HostReach): Row[] {
  return doors.map(({ service, host, port, outcome }) => {
    const edge = topology.edges.find(({ to, protocol }) => to === service && protocol === 'https');
    const { state, evidence } = classify(outcome, plain);
    const planned = plan.services.some(({ name }) => name === service);
    return judge({
      from: 'people',
      to: service,
      via: host.includes(':') ? 'tcp6' : 'tcp4',
      what: `${host}:${port}`,
      declared: edge && planned ? { by: edge.id, at: edge.at } : null,
      observed: state,
      evidence,
      fix: `${service} does not accept connections: look at its log, restart it.`,
    });
  });
}

const plain = {
  ...{ token: null, live: false, ownLoopback: false, isName: false, onEdgesAlone: false },
  ...{ noWayByTcp: false, isOfLink: false, isIPv6: false },
};

/** A listener on every address is dialled at the loopback one. */
export function dialled(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
