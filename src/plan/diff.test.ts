// The way from what runs to a plan: only what changed is touched, in an order that keeps callers
// whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyOptions } from '../testing/any-options.ts';
import { exampleMachine } from '../testing/example-machine.ts';
import { exampleOptions } from '../testing/example-options.ts';
import type { StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { diffPlans, type RunningStack } from './diff.ts';
import { formatDiff } from './format.ts';
import { makePlan } from './make-plan.ts';
import type { Plan, Step } from './model.ts';

const planOf = (options: StackOptions) => makePlan(standardTopology(options), exampleMachine());
const example = planOf(exampleOptions());
const told = ({ steps }: { steps: readonly Step[] }) =>
  steps.map((step) => `${step.kind} ${step.kind === 'stop' ? step.name : step.service.name}`);

/** What a driver would run after these steps. */
function applied(before: RunningStack, steps: readonly Step[]): ReadonlyMap<string, string> {
  const running = new Map(before.services.map(({ name, hash }) => [name, hash]));
  for (const step of steps) {
    if (step.kind === 'stop') assert.ok(running.delete(step.name), `${step.name} was not there`);
    else {
      assert.equal(running.has(step.service.name), step.kind === 'replace', step.service.name);
      running.set(step.service.name, step.service.hash);
    }
  }
  return running;
}

test('the steps from any plan to any other lead to exactly its services', () => {
  fc.assert(
    fc.property(anyOptions, anyOptions, (a, b) => {
      const [before, after] = [planOf(a), planOf(b)];
      const end = applied(before, diffPlans(before, after).steps);
      assert.deepEqual(end, new Map(after.services.map(({ name, hash }) => [name, hash])));
    }),
    { numRuns: 60 },
  );
});

test('from a plan to itself there is nothing to do, and it says so', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const topology = standardTopology(options);
      const both = { before: topology, after: topology };
      const diff = diffPlans(planOf(options), planOf(options), both);
      assert.deepEqual(diff, { steps: [], sentences: ['nothing changes'] });
    }),
    { numRuns: 30 },
  );
});

test('on a machine where nothing runs everything starts, in the plan order', () => {
  const order = example.services.map(({ name }) => `start ${name}`);
  assert.deepEqual(told(diffPlans(null, example)), order);
  assert.deepEqual(told(diffPlans({ services: [] }, example)), order);
});

test('what is no longer declared stops first, callers before their callees', () => {
  const after: Plan = { ...example, services: example.services.filter(isIngress) };
  assert.deepEqual(told(diffPlans(example, after)), [
    'stop gateway',
    'stop metrics',
    'stop llm',
    'stop egress',
  ]);
});

test('a service that ended for good is started again although nothing changed', () => {
  const services = example.services.map(({ name, hash }) => ({
    name,
    hash,
    state: name === 'llm' ? 'failed' : 'ready',
  }));
  assert.deepEqual(told(diffPlans({ services }, example)), ['replace llm']);
});

test('the text of a difference says what is done, what is kept and what it means', () => {
  const at = { file: 'clincher.yaml', line: 4, column: 3 };
  const richer = exampleOptions({
    budgets: [{ by: 'all', name: null, limitNanoUsd: 50_000_000_000, window: 'day', at }],
  });
  const both = {
    before: standardTopology(exampleOptions()),
    after: standardTopology(richer),
  };
  const after = planOf(richer);
  assert.equal(
    formatDiff(after, diffPlans(example, after, both)),
    [
      '  ~ replaces llm',
      '  = keeps    ingress, egress, metrics, gateway',
      '',
      'What this means',
      '  budget 20 USD a day -> 50 USD a day',
    ].join('\n'),
  );
  assert.equal(
    formatDiff(after, diffPlans(after, after)),
    'Nothing to do: all 5 services run as declared.',
  );
});

function isIngress({ name }: { name: string }): boolean {
  return name === 'ingress';
}
