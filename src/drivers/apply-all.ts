// Applies many steps at once: stops first, backwards; then starts, each as soon as what it depends on is ready.

import type { Step } from '../plan/model.ts';
import type { Driver } from './driver.ts';

export interface ApplyProgress {
  readonly started?: (step: Step) => void;
  readonly done?: (step: Step) => void;
}

/**
 * Independent services start at the same time. When one fails, no further one is begun, the ones under way are
 * awaited, those this call had started (not replaced) are stopped again, and the first failure is thrown.
 * @throws whatever apply() throws
 */
export async function applyAll(
  driver: Pick<Driver, 'apply'>,
  steps: readonly Step[],
  progress: ApplyProgress = {},
): Promise<void> {
  const run = async (step: Step) => {
    progress.started?.(step);
    await driver.apply(step);
    progress.done?.(step);
  };
  for (const step of steps.filter((each) => each.kind === 'stop').reverse()) await run(step);
  const starts = steps.filter((step) => step.kind !== 'stop');
  const turns = new Map<string, Promise<void>>();
  const startedNames: string[] = [];
  let failure: { readonly error: unknown } | null = null;
  for (const step of starts) {
    // A plan is in start order, so whoever is waited for has its turn in the map already.
    const before = step.service.after.map((name) => turns.get(name) ?? Promise.resolve());
    const turn = Promise.all(before).then(async () => {
      if (failure !== null) return;
      try {
        await run(step);
        if (step.kind === 'start') startedNames.push(step.service.name);
      } catch (error) {
        failure ??= { error };
      }
    });
    turns.set(step.service.name, turn);
  }
  await Promise.all(turns.values());
  const failed = failure as { readonly error: unknown } | null;
  if (failed === null) return;
  for (const name of startedNames.reverse())
    await driver.apply({ kind: 'stop', name }).catch(() => {});
  throw failed.error;
}
