// The rows of what a service tried to connect to: each outcome with its circumstances becomes a
// state, and the state is compared with what was declared.

import { isIPv4 } from 'node:net';
import { classify } from './classify.ts';
import { judge } from './judge.ts';
import type { Row, State } from './model.ts';
import type { ReachOutcome } from './probes/reach.ts';
import { type HostFacts, hasOwnNetwork, isOnEdgesAlone, type Surveyed } from './survey.ts';
import type { Target } from './target.ts';

/** `outcomes` has one entry per target, its id the target's index. */
export function reachRows(
  from: Surveyed,
  targets: readonly Target[],
  outcomes: readonly ReachOutcome[],
  host: HostFacts,
): Row[] {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const unreachable = unreachableIn(targets, outcomes);
  return targets.map((target, id) => {
    const outcome = byId.get(id) ?? { id, code: 'not-tried', answer: '' };
    const ownLoopback = isLoopback(target.address) && hasOwnNetwork(from, host);
    const seen = classify(outcome, {
      ...{ ...target, ownLoopback, isName: target.kind === 'name' },
      isOfLink: target.address.includes('%'),
      isIPv6: target.address.includes(':'),
      onEdgesAlone: isOnEdgesAlone(from),
      noWayByTcp: unreachable.has(target.address),
    });
    const { state, evidence } = deadCanary(target) ?? seen;
    return judge({
      from: from.name,
      to: target.to,
      via: target.via,
      what: whatOf(target),
      declared: target.declared,
      observed: state,
      evidence,
      comesWithOutside: target.comesWithOutside,
      fix: fixOf(from, target, state),
    });
  });
}

/** Addresses that TCP was told there is no way to: a datagram without an answer is told nothing. */
export function unreachableIn(
  targets: readonly Target[],
  outcomes: readonly ReachOutcome[],
): ReadonlySet<string> {
  const refused = outcomes.filter(({ code }) => code === 'EHOSTUNREACH');
  const told = refused.map(({ id }) => targets[id]).filter((target) => target?.kind === 'tcp');
  return new Set(told.map((target) => target?.address ?? ''));
}

/** A canary that the host cannot reach either would make every service look cut off. */
function deadCanary(target: Target): { state: State; evidence: string } | null {
  if (target.token === null || target.live) return null;
  return { state: 'unknown', evidence: 'the canary does not answer on the host itself' };
}

/** Canaries are named and not numbered: their ports are others in every run. */
export function whatOf(target: Target): string {
  if (target.token !== null) return canaryName(target);
  if (target.kind === 'unix') return target.address;
  if (target.kind === 'abstract') return `@${target.address}`;
  if (target.kind === 'name') return `the name ${target.address}`;
  const address = target.address.includes(':') ? `[${target.address}]` : target.address;
  return `${address}:${target.port}`;
}

function canaryName({ kind, address }: Target): string {
  if (kind === 'unix') return "a canary's socket";
  if (kind === 'abstract') return "a canary's abstract name";
  return `a canary at ${address}`;
}

function fixOf(from: Surveyed, target: Target, state: State): string {
  const { name } = from;
  if (target.declared !== null) {
    return `Find out why ${name} cannot reach ${whatOf(target)}, or take the host out of the configuration.`;
  }
  if (state === 'unknown') return 'Run verify again; if it stays, look at what drops the answers.';
  if (target.to === 'host' || target.to === 'internet') {
    return `Give ${name} a network of its own without a route: restart it with its planned isolation.`;
  }
  return `Nothing declares ${name} -> ${target.to}: restart ${name} with its planned isolation.`;
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
