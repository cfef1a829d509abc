// Judges the query of a call: which parameters it may have, and what each may say. What is sent on
// is written anew from this.

import { judgeFilters } from './filters.ts';
import type { CallerPolicy } from './model.ts';
import type { Grant, JudgedQuery, Operation, ParameterKind, QueryFault } from './operation.ts';
import { matchesAny } from './pattern.ts';
import { createBodyNames } from './reserved.ts';

export function judgeQuery(
  policy: CallerPolicy,
  operation: Operation,
  asked: ReadonlyMap<string, string>,
  grant: Grant,
): JudgedQuery | QueryFault {
  const query: (readonly [string, string])[] = [];
  for (const [name, value] of asked) {
    const kind = operation.query.get(name);
    if (kind === undefined) {
      // dockerode writes the whole body into the query too; the daemon reads none of it there.
      if (operation.name === 'ContainerCreate' && createBodyNames.has(name)) continue;
      return unclear(name, 'this call has no such parameter');
    }
    if (grant.queryNames !== null && !grant.queryNames.includes(name)) {
      return refused(name, 'the rule does not name this parameter');
    }
    const plain = grant.scoped ? plainValue(kind, value) : value;
    if (plain === null) return unclear(name, `it must be ${kinds[kind]}`);
    if (grant.scoped && kind !== 'f') {
      const says = valueFault(operation.name, name, plain);
      if (says !== null) return refused(name, says);
    }
    query.push([name, plain]);
  }
  if (!grant.scoped) return { kind: 'query', query };
  if (operation.name === 'ContainerCreate') return named(policy, query);
  return operation.query.get('filters') === 'f'
    ? judgeFilters(policy, operation, query)
    : { kind: 'query', query };
}

const kinds: Record<ParameterKind, string> = {
  b: 'true, false, 1 or 0',
  i: 'a whole number',
  f: 'JSON',
  t: 'text',
};

function plainValue(kind: ParameterKind, value: string): string | null {
  if (kind === 'b') {
    if (['1', 'true', 'True'].includes(value)) return '1';
    return ['0', 'false', 'False', ''].includes(value) ? '0' : null;
  }
  if (kind === 'i') return /^(?:-?[0-9]{1,10})?$/.test(value) ? value : null;
  return value;
}

/** By `Operation.parameter`, else by `parameter`: what its value must look like. */
const values: Readonly<Record<string, RegExp>> = {
  signal: /^(?:(?:SIG)?[A-Z][A-Z0-9+-]{1,9}|[1-9][0-9]?|)$/,
  condition: /^(?:not-running|next-exit|removed|)$/,
  tail: /^(?:all|[0-9]{1,9}|)$/,
  since: /^[0-9TZ:.+-]{0,40}$/,
  until: /^[0-9TZ:.+-]{0,40}$/,
  detachKeys: /^[a-zA-Z0-9,@^[\]\\_-]{0,64}$/,
  platform: /^[a-z0-9/._-]{0,64}$/,
  // The daemon runs ps on the host with these, and `e` shows the environment of processes.
  ps_args: /^(?:-ef|aux|)$/,
  // Removes the link between two containers and not the container.
  link: /^0$/,
};

function valueFault(operation: string, name: string, value: string): string | null {
  const pattern = values[`${operation}.${name}`] ?? values[name];
  return pattern === undefined || pattern.test(value) ? null : `"${value}" is not allowed there`;
}

const dockerName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;

function named(policy: CallerPolicy, query: JudgedQuery['query']): JudgedQuery | QueryFault {
  const name = query.find(([key]) => key === 'name')?.[1] ?? '';
  const patterns = policy.template?.names ?? [];
  if (name !== '' && !(dockerName.test(name) && matchesAny(patterns, name))) {
    const says = `A sandbox is called ${patterns.join(' or ')}.`;
    return { kind: 'fault', reason: 'docker-name-refused', field: 'name', says };
  }
  return { kind: 'query', query: query.filter(([, value]) => value !== '') };
}

function unclear(field: string, says: string): QueryFault {
  return { kind: 'fault', reason: 'docker-query-unclear', field, says: `In the query, ${says}.` };
}

function refused(field: string, says: string): QueryFault {
  return { kind: 'fault', reason: 'docker-field-refused', field, says: `In the query, ${says}.` };
}
