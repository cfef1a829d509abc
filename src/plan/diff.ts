// What has to be done to get from what runs to a plan, as steps, and what that means, in sentences.

import type { Topology } from '../topology/model.ts';
import { diffTopologies } from './diff-topologies.ts';
import type { Plan, Step } from './model.ts';

/**
 * What is known of what runs: an earlier plan, or what a driver observed. In start order where
 * known.
 */
export interface RunningStack {
  readonly services: readonly {
    readonly name: string;
    readonly hash: string;
    /**
     * As a driver observed it: what ended for good is started again although its hash is the same.
     */
    readonly state?: unknown;
  }[];
}

export interface Topologies {
  /** The topology of what runs; null when nothing did. */
  readonly before: Topology | null;
  readonly after: Topology;
}

export interface PlanDiff {
  readonly steps: readonly Step[];
  /** Never empty: `nothing changes` when it is so. */
  readonly sentences: readonly string[];
}

/**
 * Pure. Only what changed is touched. What is no longer declared stops first, callers before their
 * callees; then everything starts or is replaced in the plan's order. With both topologies the
 * sentences say what the change means for security.
 */
export function diffPlans(
  running: RunningStack | null,
  next: Plan,
  topologies: Topologies | null = null,
): PlanDiff {
  const steps = stepsTo(running?.services ?? [], next);
  const meaning = topologies === null ? [] : diffTopologies(topologies.before, topologies.after);
  const sentences = [
    ...steps.map(sentenceOf),
    ...meaning.filter((text) => text !== nothingChanges),
  ];
  return { steps, sentences: sentences.length === 0 ? [nothingChanges] : sentences };
}

export const nothingChanges = 'nothing changes';

function stepsTo(running: RunningStack['services'], next: Plan): readonly Step[] {
  const known = new Map(running.map((service) => [service.name, service]));
  const wanted = new Set(next.services.map(({ name }) => name));
  const stops = running
    .filter(({ name }) => !wanted.has(name))
    .map(({ name }): Step => ({ kind: 'stop', name }));
  const starts = next.services.flatMap((service): readonly Step[] => {
    const before = known.get(service.name);
    if (before === undefined) return [{ kind: 'start', service }];
    const ended = before.state === 'failed' || before.state === 'stopped';
    return before.hash === service.hash && !ended ? [] : [{ kind: 'replace', service }];
  });
  return [...stops.toReversed(), ...starts];
}

/** What a step does, without what it means. */
export function sentenceOf(step: Step): string {
  switch (step.kind) {
    case 'start':
      return `starts ${step.service.name}`;
    case 'replace':
      return `replaces ${step.service.name}`;
    case 'refresh':
      return `gives ${step.service.name} what it reads again while it runs`;
    case 'stop':
      return `stops ${step.name}`;
  }
}
