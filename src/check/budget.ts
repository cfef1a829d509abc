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
      if (run.role !== 'llm' || run.rules.budget.limitNanoUsd > 0 || isFree(run.rules)) continue;
      const declared = run.rules.budget.at !== '';
      yield {
        severity: declared ? 'warning' : 'fatal',
        about: name,
        message: declared
          ? 'the budget is 0, so every call of a model will be refused'
          : 'no budget is declared, so every call of a model will be refused',
        fix: 'Write how much may be spent, for example budget: { usd: 20, per: day }.',
        at: declared ? placeOf(run.rules.budget.at) : defaultPlace(at.file),
      };
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
