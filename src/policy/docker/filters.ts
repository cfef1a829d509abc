// The filters of lists and events: read strictly, narrowed to what the caller may see, and rid of
// those that would tell whether somebody else's container, image or network is there.

import type { CallerPolicy } from './model.ts';
import type { JudgedQuery, Operation, QueryFault } from './operation.ts';
import { ownerLabel } from './reserved.ts';
import { ownerOf } from './scope.ts';
import { isArray, isObject, type Json, readStrictJson } from './strict-json.ts';

/**
 * Left out on purpose: `before` and `since` fail when their container is not there, `ancestor`
 * looks an image up, `volume` and `network` name what is another's.
 */
const known: Readonly<Record<string, readonly string[]>> = {
  ContainerList: ['label', 'status', 'name', 'id', 'exited', 'health'],
  SystemEvents: ['label', 'type', 'event', 'container', 'image'],
  ImageList: ['label', 'reference', 'dangling'],
};

const valuesMax = 64;

export function judgeFilters(
  policy: CallerPolicy,
  operation: Operation,
  query: JudgedQuery['query'],
): JudgedQuery | QueryFault {
  const text = query.find(([name]) => name === 'filters')?.[1] ?? '';
  const filters = text === '' ? new Map<string, readonly string[]>() : readFilters(text);
  if (filters === null) return fault('docker-query-unclear', 'they are no plain JSON filters');
  const names = known[operation.name] ?? [];
  const foreign = [...filters.keys()].find((name) => !names.includes(name));
  if (foreign !== undefined) {
    const says = `"${foreign.slice(0, 64)}" is not one of ${names.join(', ')}`;
    return fault('docker-field-refused', says);
  }
  const rest = query.filter(([name]) => name !== 'filters');
  const narrowed = narrow(policy, operation, filters);
  if (narrowed.size === 0) return { kind: 'query', query: rest };
  return { kind: 'query', query: [...rest, ['filters', written(narrowed)]] };
}

/** `{"label":["a"]}` or `{"label":{"a":true}}`: the daemon takes both. */
function readFilters(text: string): Map<string, readonly string[]> | null {
  const read = readStrictJson(Buffer.from(text));
  if ('fault' in read || !isObject(read.value)) return null;
  const filters = new Map<string, readonly string[]>();
  for (const [name, value] of read.value) {
    const values = valuesOf(value);
    if (values === null || values.length > valuesMax) return null;
    filters.set(name, values);
  }
  return filters;
}

function valuesOf(value: Json): readonly string[] | null {
  if (isArray(value)) {
    const texts = value.filter((each) => typeof each === 'string');
    return texts.length === value.length ? texts : null;
  }
  if (!isObject(value) || [...value.values()].some((each) => each !== true)) return null;
  return [...value.keys()];
}

/** Fewer answers to read; whatever comes is looked at again, one by one. */
function narrow(
  policy: CallerPolicy,
  operation: Operation,
  filters: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const isUnlabelled = policy.unsafeSeeAll || policy.containers.length > 0;
  if (operation.name === 'ImageList' || isUnlabelled) return filters;
  const label = policy.profile === 'observe' ? ownerLabel : `${ownerLabel}=${ownerOf(policy)}`;
  return new Map([...filters, ['label', [...(filters.get('label') ?? []), label]]]);
}

function written(filters: ReadonlyMap<string, readonly string[]>): string {
  const entries = [...filters].map(([name, values]) => [
    name,
    Object.fromEntries(values.map((value) => [value, true])),
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}

function fault(reason: QueryFault['reason'], says: string): QueryFault {
  return { kind: 'fault', reason, field: 'filters', says: `Among the filters, ${says}.` };
}
