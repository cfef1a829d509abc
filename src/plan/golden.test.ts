// Whole plans and whole differences, against the golden files in cases/plan.

import { exampleMachine } from '../testing/example-machine.ts';
import { caseOptions } from '../testing/example-options.ts';
import { goldenCases } from '../testing/golden.ts';
import { standardTopology } from '../topology/standard.ts';
import { diffPlans } from './diff.ts';
import { formatDiff } from './format.ts';
import { makePlan } from './make-plan.ts';

const machine = exampleMachine();

goldenCases(new URL('../../cases/plan/', import.meta.url), (input) => {
  const { before: earlier, after: options, show } = JSON.parse(input);
  const after = standardTopology(caseOptions(options));
  const plan = makePlan(after, machine);
  if (show === 'plan') return JSON.stringify(plan, withoutBounds, 2);
  if (show === 'agent') return plan.services.flatMap(({ files }) => files)[0]?.content.trim() ?? '';
  const before = earlier === undefined ? null : standardTopology(caseOptions(earlier));
  const running = before === null ? null : makePlan(before, machine);
  return formatDiff(plan, diffPlans(running, plan, { before, after }));
});

/** Hashes say nothing to a reader, and the bounds of each role have their tests with the role. */
function withoutBounds(key: string, value: unknown): unknown {
  const bounds = ['hash', 'topologyHash', 'limits', 'files'];
  return bounds.includes(key) ? undefined : value;
}
