// The order in which many steps are applied, and what a failure leaves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../plan/model.ts';
import { tinyService } from '../testing/tiny-service.ts';
import { applyAll } from './apply-all.ts';

const start = (name: string, after: readonly string[] = []): Step => ({
  kind: 'start',
  service: tinyService(name, {}, { after }),
});

function recorder(failing: string | null = null) {
  const events: string[] = [];
  const apply = async (step: Step) => {
    const name = step.kind === 'stop' ? step.name : step.service.name;
    events.push(`${step.kind} ${name}`);
    await new Promise((resolve) => setImmediate(resolve));
    if (name === failing && step.kind !== 'stop') throw new Error(`${name} failed`);
    events.push(`${name} done`);
  };
  return { events, apply };
}

test('what is independent starts together, what depends waits until it is ready', async () => {
  const { events, apply } = recorder();
  await applyAll({ apply }, [start('egress'), start('demo'), start('llm', ['egress'])]);
  assert.deepEqual(events, [
    'start egress',
    'start demo',
    'egress done',
    'start llm',
    'demo done',
    'llm done',
  ]);
});

test('what goes away goes first, the dependants before what they depend on', async () => {
  const { events, apply } = recorder();
  const stop = (name: string): Step => ({ kind: 'stop', name });
  await applyAll({ apply }, [start('new'), stop('egress'), stop('llm')]);
  assert.deepEqual(events, [
    'stop llm',
    'llm done',
    'stop egress',
    'egress done',
    'start new',
    'new done',
  ]);
});

test('after a failure nothing more begins, and what this call started is stopped again', async () => {
  const { events, apply } = recorder('demo');
  const steps = [start('egress'), start('demo'), start('llm', ['demo'])];
  await assert.rejects(applyAll({ apply }, steps), /demo failed/);
  assert.deepEqual(events, [
    'start egress',
    'start demo',
    'egress done',
    'stop egress',
    'egress done',
  ]);
});
