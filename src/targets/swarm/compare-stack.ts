// Whether a stack file lets through what a topology declares, and nothing else: who shares a
// network with whom, and what listens there; who has one that leads out; what is published.

import { edgesWithin } from '../../plan/cluster.ts';
import { type DeclaredSwarm, networkName, type SwarmService, type SwarmStack } from './model.ts';
import { readStack, type StackFile } from './read-stack.ts';

export interface Compared {
  readonly attempts: number;
  /** As `gateway -> llm 10.192.0.64/26:4000`, `egress -> internet`, `world -> ingress 8443`. */
  readonly letThrough: readonly string[];
  readonly open: readonly string[];
  readonly shut: readonly string[];
}

/** @throws ZodError for a file that is not understood */
export function compareStack(text: string, stack: DeclaredSwarm): Compared {
  const file = readStack(text);
  const found = new Set<string>();
  let attempts = 0;
  for (const from of stack.services) {
    for (const to of stack.services) {
      // Who is one of several is on the networks of all of them, as one party.
      if (from.called === to.called) continue;
      for (const place of listensAt(to)) {
        attempts += 1;
        if (isReached(file, from, to, place))
          found.add(`${from.plan.name} -> ${to.plan.name} ${place}`);
      }
    }
    for (const line of leadingOut(file, from, stack)) found.add(line);
  }
  const said = new Set(declaredBy(stack));
  return {
    attempts,
    letThrough: [...found].sort(),
    open: [...found].filter((line) => !said.has(line)).sort(),
    shut: [...said].filter((line) => !found.has(line)).sort(),
  };
}

/** `10.192.0.64/26:4000`: addresses in networks, at which it answers those who are on them. */
function listensAt({ plan }: SwarmService): readonly string[] {
  return (plan.answers ?? []).map(({ address }) => address.slice('tcp:'.length));
}

/** Where both are on the network that has those addresses. */
function isReached(file: StackFile, from: SwarmService, to: SwarmService, place: string): boolean {
  const subnet = place.slice(0, place.lastIndexOf(':'));
  return Object.entries(file.networks).some(([key, network]) => {
    const isThere = 'ipam' in network && network.ipam.config[0].subnet === subnet;
    return isThere && isOn(file, from, key) && isOn(file, to, key);
  });
}

function isOn(file: StackFile, { plan }: SwarmService, network: string): boolean {
  return Object.hasOwn(file.services[plan.name]?.networks ?? {}, network);
}

function* leadingOut(file: StackFile, service: SwarmService, stack: SwarmStack): Iterable<string> {
  const { name } = service.plan;
  const told = file.services[name];
  for (const [key, network] of Object.entries(file.networks)) {
    if ('ipam' in network || !isOn(file, service, key)) continue;
    // By its recipe nothing that leaves by a door finds a way back.
    const isDoor = (service.plan.bridges ?? []).some(
      ({ kind, bridge }) => kind === 'door' && networkName(stack, bridge) === network.name,
    );
    yield `${name} -> ${isDoor ? 'door' : 'internet'}`;
  }
  if (told?.dns === undefined) yield `${name} -> names`;
  for (const { published, target } of told?.ports ?? []) {
    yield `world -> ${name} ${published}:${target}`;
  }
}

function* declaredBy({ topology, services }: DeclaredSwarm): Iterable<string> {
  for (const edge of edgesWithin(topology)) {
    for (const to of services.filter(({ called }) => called === edge.to)) {
      const place = to.plan.answers?.find((one) => one.edge === edge.id)?.address ?? 'nowhere:';
      for (const from of services.filter(({ called }) => called === edge.from)) {
        yield `${from.plan.name} -> ${to.plan.name} ${place.slice('tcp:'.length)}`;
      }
    }
  }
  for (const { plan } of services) {
    if (plan.network === 'outside') {
      yield `${plan.name} -> internet`;
      yield `${plan.name} -> names`;
    }
    const door = plan.answers?.at(-1)?.address ?? '';
    for (const { port } of plan.inherits) {
      yield `${plan.name} -> door`;
      yield `world -> ${plan.name} ${port}:${door.slice(door.lastIndexOf(':') + 1)}`;
    }
  }
}
