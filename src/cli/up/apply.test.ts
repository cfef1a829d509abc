// The order of a change: stops first, callees before callers, side by side where nothing is waited
// for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServicePlan, Step } from '../../plan/model.ts';
import { applySteps } from './apply.ts';

function start(name: string, ...after: readonly string[]): Step {
  return { kind: 'start', service: { name, after } as unknown as ServicePlan };
}

function nameOf(step: Step): string {
  return step.kind === 'stop' ? `-${step.name}` : step.service.name;
}

const unwatched = { waitingFor: () => undefined };

test('what stops, stops first; a caller starts once its callee is ready', async () => {
  const done: string[] = [];
  const steps = [start('egress'), start('llm', 'egress'), { kind: 'stop' as const, name: 'old' }];
  await applySteps(steps, async (step) => void done.push(nameOf(step)), unwatched);
  assert.deepEqual(done, ['-old', 'egress', 'llm']);
});

test('services that do not wait for one another start side by side', async () => {
  const begun: string[] = [];
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const apply = async (step: Step) => {
    begun.push(nameOf(step));
    if (begun.length === 2) release();
    await gate;
  };
  await applySteps([start('a'), start('b')], apply, unwatched);
  assert.deepEqual(begun, ['a', 'b']);
});

test('a failure is told as it is, and who depends on it is not started', async () => {
  const begun: string[] = [];
  const apply = async (step: Step) => {
    begun.push(nameOf(step));
    if (nameOf(step) === 'egress') throw new Error('egress is broken');
  };
  const steps = [start('egress'), start('llm', 'egress'), start('metrics')];
  await assert.rejects(applySteps(steps, apply, unwatched), /egress is broken/);
  assert.deepEqual(begun, ['egress', 'metrics']);
});

test('after a failure nothing goes on behind the caller’s back', async () => {
  let slowEnded = false;
  const apply = async (step: Step) => {
    if (nameOf(step) === 'bad') throw new Error('bad');
    await new Promise((resolve) => setImmediate(resolve));
    slowEnded = true;
  };
  await assert.rejects(applySteps([start('bad'), start('slow')], apply, unwatched));
  assert.equal(slowEnded, true);
});

test('a circle of edges does not wait for itself', async () => {
  const done: string[] = [];
  const steps = [start('a', 'b'), start('b', 'a')];
  await applySteps(steps, async (step) => void done.push(nameOf(step)), unwatched);
  assert.deepEqual(done, ['a', 'b']);
});

test('the watcher is told who is waited for, until it is nobody', async () => {
  const told: string[] = [];
  const steps = [start('a'), start('b', 'a')];
  await applySteps(steps, async () => undefined, {
    waitingFor: (names) => void told.push(names.join(' ')),
  });
  assert.deepEqual(told, ['a b', 'b', '']);
});
