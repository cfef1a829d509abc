// Applies the steps of a change: first what stops, then the rest side by side, each service as soon
// as those it depends on are ready.

import type { ServicePlan, Step } from '../../plan/model.ts';

type StartStep = Extract<Step, { readonly service: ServicePlan }>;

export interface ApplyWatch {
  /** Told after each change: the services that are being waited for. */
  readonly waitingFor: (services: readonly string[]) => void;
}

/**
 * Rejects with the first failure, once everything already begun has ended: nothing goes on behind
 * the caller's back.
 */
export async function applySteps(
  steps: readonly Step[],
  apply: (step: Step) => Promise<void>,
  watch: ApplyWatch,
): Promise<void> {
  for (const step of steps) if (step.kind === 'stop') await apply(step);
  const starts = steps.filter((step) => step.kind !== 'stop');
  const waiting = new Set(starts.map(({ service }) => service.name));
  const started = new Map<string, Promise<void>>();
  for (const step of starts) {
    const { name } = step.service;
    const done = startAfter(step, started, apply).then(() => {
      waiting.delete(name);
      watch.waitingFor([...waiting]);
    });
    started.set(name, done);
  }
  watch.waitingFor([...waiting]);
  const outcomes = await Promise.allSettled(started.values());
  const failures = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  const first = failures.find((failure) => !(failure instanceof DependencyFailed)) ?? failures[0];
  if (first !== undefined) throw first;
}

/** Someone this service depends on failed: said once, where it happened. */
class DependencyFailed extends Error {}

/**
 * Only who comes earlier in the plan's order is waited for, so a circle of edges cannot wait for
 * itself.
 */
async function startAfter(
  step: StartStep,
  started: ReadonlyMap<string, Promise<void>>,
  apply: (step: Step) => Promise<void>,
): Promise<void> {
  const before = step.service.after.flatMap((name) => started.get(name) ?? []);
  const outcomes = await Promise.allSettled(before);
  if (outcomes.some(({ status }) => status === 'rejected')) throw new DependencyFailed();
  await apply(step);
}
