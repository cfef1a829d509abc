// A budget exists wherever money can be spent.

import { defaultPlace } from '../kit/place.ts';
import type { LlmRules } from '../roles/llm/settings.ts';
import type { Check } from './check.ts';
import { placeOf } from './place-text.ts';

export const budget: Check = {
  id: 'budget',
  invariant: 'Wherever a model costs money there is a hard budget.',
  because: 'An agent that runs in a circle, or is made to, spends until somebody looks.',
  *find({ topology }) {
    for (const { name, run, at } of topology.services) {
      if (run.role !== 'llm' || isFree(run.rules)) continue;
      const { budgets } = run.rules;
      const [nothing] = budgets.filter(({ limitNanoUsd }) => limitNanoUsd === 0);
      const fix = 'Write how much may be spent, for example budget: { usd: 20, per: day }.';
      if (nothing !== undefined) {
        const whose = nothing.by === 'all' ? '' : ` for ${nothing.name ?? `each ${nothing.by}`}`;
        const message = `the budget${whose} is 0, so every call of a model that it covers will be refused`;
        yield { severity: 'warning', about: name, message, fix, at: placeOf(nothing.at) };
      } else if (budgets.length === 0) {
        const message = 'no budget is declared, so every call of a model will be refused';
        yield { severity: 'fatal', about: name, message, fix, at: defaultPlace(at.file) };
      } else if (!budgets.some(({ by, name }) => name === null && by !== 'session')) {
        const message = 'no budget covers everything, so calls beside those named will be refused';
        yield { severity: 'warning', about: name, message, fix, at: placeOf(budgets[0]?.at ?? '') };
      }
    }
  },
};

function isFree({ models }: LlmRules): boolean {
  return models.every(({ deployments }) =>
    deployments.every(
      ({ price }) => price !== null && Object.values(price).every((one) => one === 0),
    ),
  );
}
