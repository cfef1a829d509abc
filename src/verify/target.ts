// One thing to try: what to dial, whose it is, and what is known of it beforehand.

import type { Declared, Via } from './model.ts';
import type { ReachTarget } from './probes/reach.ts';

export interface Target extends Omit<ReachTarget, 'id'> {
  readonly to: string;
  readonly via: Via;
  readonly declared: Declared | null;
  /**
   * Known to be up, because its owner lists it or because verification reached it from the host.
   */
  readonly live: boolean;
  /** What a declared network `outside` brings along by sharing the host's network. */
  readonly comesWithOutside: boolean;
}

export function targetKey(target: Pick<ReachTarget, 'kind' | 'address' | 'port'>): string {
  return `${target.kind} ${target.address} ${target.port}`;
}

export function tcp(to: string, address: string, port: number, live: boolean): Target {
  const via = viaOf('tcp', address);
  const rest = { token: null, declared: null, comesWithOutside: true };
  return { kind: 'tcp', address, port, to, via, live, ...rest };
}

export function udp(to: string, address: string, port: number): Target {
  const via = viaOf('udp', address);
  const rest = { token: null, declared: null, comesWithOutside: true };
  return { kind: 'udp', address, port, to, via, live: false, ...rest };
}

/** Names that are bound in a network and have no file: who is in the network can say them. */
export function abstract(to: string, address: string): Target {
  const rest = { token: null, declared: null, comesWithOutside: true };
  return { kind: 'abstract', address, port: 0, to, via: 'abstract', live: true, ...rest };
}

export function viaOf(kind: ReachTarget['kind'], address: string): Via {
  if (kind === 'unix' || kind === 'abstract') return kind;
  if (kind === 'name') return 'dns';
  return `${kind}${address.includes(':') ? '6' : '4'}` as Via;
}

export function unique(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map((target) => [targetKey(target), target])).values()];
}
