// Rules that a user writes: a method, an anchored path of the Docker API, and what its query and
// body may hold. They name calls of the known table and nothing else, so each has its answer, its
// scope and its limits like the calls of the other profiles.

import { didYouMean } from '../../kit/located/nearest.ts';
import type { Call, CallerPolicy, CustomRule } from './model.ts';
import type { Grant, Operation } from './operation.ts';
import { findOperation, operations } from './operations.ts';
import { readTarget } from './target.ts';

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
    return customRuleFaults(rule, hasTemplate).map(({ says }) => `${where} ${says}`);
  });
}

export interface CustomRuleFault {
  /** What of the rule it is about. */
  readonly below: readonly (string | number)[];
  readonly says: string;
}

/** What is wrong with one rule; without anything the start or the file is to add to it. */
export function customRuleFaults(
  rule: CustomRule,
  hasTemplate: boolean,
): readonly CustomRuleFault[] {
  const operation = namedOperation(rule);
  if (operation === null) return [pathFault(rule)];
  const faults: CustomRuleFault[] = rule.query.flatMap((name, index) => {
    if (operation.query.has(name)) return [];
    const hint = didYouMean(name, operation.query.keys());
    return [
      { below: ['query', index], says: `names "${name}", which the call does not have${hint}` },
    ];
  });
  const says = bodyFault(rule, operation, hasTemplate);
  if (says !== null) faults.push({ below: ['body'], says });
  return faults;
}

/** Null as well for what no request can equal: braces of another name, parts that are not plain. */
function namedOperation({ method, path }: CustomRule): Operation | null {
  const segments = path.slice(1).split('/');
  const operation = findOperation(method, segments)?.operation ?? null;
  const isForeign = segments.some((part) => /[{}]/.test(part) && !operation?.path.includes(part));
  const asked = readTarget(path.replaceAll(/\{[a-z]+\}/g, 'x'));
  return isForeign || asked.kind === 'fault' || path.includes('?') ? null : operation;
}

function pathFault({ method, path }: CustomRule): CustomRuleFault {
  const written = ({ path: parts }: Operation) => `/${parts.join('/')}`;
  const meant = findOperation(method, path.slice(1).split('/'))?.operation;
  const others = operations.filter((each) => each.method !== method && written(each) === path);
  const known = operations.filter((each) => each.method === method).map(written);
  const hint =
    meant !== undefined && path !== written(meant)
      ? `; did you mean "${written(meant)}"?`
      : others.length > 0
        ? `; that path has ${others.map((each) => each.method).join(', ')}`
        : didYouMean(path, known);
  return { below: ['path'], says: `names no call of the Docker API${hint}` };
}

function bodyFault(
  { body, unsafeUnscoped }: CustomRule,
  operation: Operation,
  hasTemplate: boolean,
): string | null {
  if (body === 'template' && operation.body === 'opaque') {
    return 'is of a call that no template checks: only creates and execs are';
  }
  if (operation.body === 'create' && body !== 'template' && !unsafeUnscoped) {
    return 'creates without a template what then belongs to nobody';
  }
  if (typeof body === 'object' && operation.body === 'none') return 'is of a call without a body';
  return body === 'template' && !hasTemplate ? 'needs a template' : null;
}
