// What a stack of Swarm is written from: the plan of each service, and what of the swarm is chosen.

import type { BridgeEnd } from '../../plan/model.ts';
import type { Topology } from '../../topology/model.ts';
import type { ComposeService } from '../compose/model.ts';

export interface SwarmStack {
  /** Of the stack: what goes before the name of everything it has. */
  readonly name: string;
  readonly services: readonly SwarmService[];
  /** Whether what goes between nodes is encrypted by the kernel (IPsec). */
  readonly encrypted: boolean;
}

export interface DeclaredSwarm extends SwarmStack {
  readonly topology: Topology;
}

/** What each is told is in a folder beside the file, but for the secrets, which are the swarm's. */
export type SwarmService = Pick<ComposeService, 'plan' | 'argv' | 'health' | 'told'> & {
  /** What its callers ask for: instances of one service have one name together. */
  readonly called: string;
  /** Of a secret of the swarm, which never changes: by its name here, what tells it from others. */
  readonly versions?: Readonly<Record<string, string>>;
};

/** The node that has it is where the service runs. */
export function placeLabel(service: string): string {
  return `clincher.${service}`;
}

/** What it keeps, and a network of its node's own, would be missing on another. */
export function isPlaced({ plan }: SwarmService): boolean {
  return plan.state || localNetworks(plan.bridges ?? []).length > 0;
}

/** Bridges that each node makes by itself: an overlay can neither publish nor lead out. */
export function localNetworks(bridges: readonly BridgeEnd[]): readonly BridgeEnd[] {
  return bridges.filter(({ kind }) => kind !== 'edge');
}

/** Swarm takes for a name what is one label of DNS. */
export function networkName({ name }: Pick<SwarmStack, 'name'>, bridge: string): string {
  return `${name}_${bridge.replaceAll('.', '_')}`;
}

/** Of the network that a node makes by itself: the recipe that it has to have. */
export function recipeName(stack: Pick<SwarmStack, 'name'>, bridge: string): string {
  return `${networkName(stack, bridge)}_here`;
}
