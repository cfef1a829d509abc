// A plan's difference as text for a terminal: what starts, what changes, what that means.

import { nothingChanges, type PlanDiff, sentenceOf } from './diff.ts';
import type { Plan, Step } from './model.ts';

const marks = { start: '+', replace: '~', refresh: '~', stop: '-' } as const;

/** Ends without a newline. */
export function formatDiff(plan: Plan, diff: PlanDiff): string {
  const told = new Set([nothingChanges, ...diff.steps.map(sentenceOf)]);
  const meaning = diff.sentences.filter((sentence) => !told.has(sentence));
  if (diff.steps.length === 0) {
    const answer = `Nothing to do: all ${plan.services.length} services run as declared.`;
    return [answer, ...meaning].join('\n  ');
  }
  const touched = new Set(diff.steps.map(nameOf));
  const kept = plan.services.filter(({ name }) => !touched.has(name)).map(({ name }) => name);
  return [
    ...diff.steps.map((step) => `  ${marks[step.kind]} ${verbs[step.kind]} ${nameOf(step)}`),
    ...(kept.length === 0 ? [] : [`  = keeps    ${kept.join(', ')}`]),
    ...(meaning.length === 0 ? [] : ['', 'What this means', ...meaning.map((each) => `  ${each}`)]),
  ].join('\n');
}

const verbs = {
  start: 'starts  ',
  replace: 'replaces',
  refresh: 'renews  ',
  stop: 'stops   ',
} as const;

function nameOf(step: Step): string {
  return step.kind === 'stop' ? step.name : step.service.name;
}
