// Rules that a user writes: a method, an anchored path of the Docker API, and what its query and
// body may hold. They name calls of the known table and nothing else, so each has its answer, its
// scope and its limits like the calls of the other profiles.

import type { Call, CallerPolicy, CustomRule } from './model.ts';
import type { Grant, Operation } from './operation.ts';
import { findOperation, operations } from './operations.ts';

export function judgeCustom(
  policy: CallerPolicy,
  operation: Operation,
  segments: readonly string[],
): Grant | null {
  const index = policy.custom.findIndex((rule) => isMatch(rule, operation, segments));
  const rule = policy.custom[index];
  if (rule === undefined) return null;
  const body: Call['body'] =
    rule.body === 'none' ? 'none' : rule.body === 'template' ? operation.body : 'fields';
  return {
    rule: rule.at === '' ? `custom rule ${index + 1}` : rule.at,
    scoped: !rule.unsafeUnscoped,
    body,
    answer: operation.answer,
    queryNames: rule.query,
  };
}

/** Equal to the path of the call; in the place of its braces the same braces or what was asked. */
function isMatch(rule: CustomRule, operation: Operation, segments: readonly string[]): boolean {
  if (rule.method !== operation.method) return false;
  return rule.path === `/${operation.path.join('/')}` || rule.path === `/${segments.join('/')}`;
}

/** The rule of a caller that let a call pass, to judge its body by. */
export function customRuleOf(policy: CallerPolicy, call: Call): CustomRule | null {
  const segments = call.path.slice(1).split('/');
  const operation = operations.find(({ name }) => name === call.operation);
  if (operation === undefined) return null;
  const asked = segments.flatMap((part) =>
    part.startsWith('{') ? (call.reference?.text ?? '').split('/') : [part],
  );
  return policy.custom.find((rule) => isMatch(rule, operation, asked)) ?? null;
}

/** What is wrong with a caller's custom rules, for the start; empty when nothing is. */
export function customFaults(
  rules: readonly CustomRule[],
  hasTemplate: boolean,
): readonly string[] {
  return rules.flatMap((rule) => {
    const where = `${rule.at === '' ? 'a custom rule' : rule.at} (${rule.method} ${rule.path})`;
    const segments = rule.path.slice(1).split('/');
    const found = findOperation(rule.method, segments);
    if (!rule.path.startsWith('/') || found === null) {
      return [`${where} names no call of the Docker API`];
    }
    const { operation } = found;
    const foreign = rule.query.filter((name) => !operation.query.has(name));
    const faults = foreign.map((name) => `${where} names "${name}", which the call does not have`);
    if (rule.body === 'template' && operation.body === 'opaque') {
      faults.push(`${where}: only creates and execs are checked by a template`);
    }
    if (operation.body === 'create' && rule.body !== 'template' && !rule.unsafeUnscoped) {
      faults.push(`${where}: what is created without a template belongs to nobody`);
    }
    if (rule.body === 'template' && !hasTemplate) faults.push(`${where} needs a template`);
    return faults;
  });
}
