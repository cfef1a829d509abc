// A model with more to say than its deployments: how one is chosen, what follows a failure.

import * as z from 'zod';
import type { KeyPath } from '../kit/located/problem.ts';
import { type Reader, unknownName } from '../kit/located/reader.ts';
import { defaultRetries } from '../roles/llm/routing/settings.ts';
import type { ModelOptions, StackOptions } from '../topology/options.ts';
import { deadlines, given, ms } from './deployment.ts';
import { type GroupSection, groupSchema, routingSchema } from './model-schema.ts';

/** Whether a section is of that form; one without `deployments` is a deployment by itself. */
export function isGroup(section: unknown): boolean {
  return typeof section === 'object' && section !== null && Object.hasOwn(section, 'deployments');
}

/** Its deployments are read one by one, elsewhere. */
const keysSchema = z.strictObject({ ...groupSchema.shape, deployments: z.unknown() });

/** Undefined where it says nothing but its deployments. */
export function readGroup(reader: Reader, path: KeyPath): ModelOptions['more'] {
  const section = reader.readMap(path, keysSchema);
  if (section === undefined) return undefined;
  const { aliases, strategy, retryBilled, promptCache, cooldown, retries } = section;
  const more = given({
    ...{ aliases, strategy, retryBilled, promptCache },
    retries: retries === undefined ? undefined : { ...defaultRetries, ...given(retries) },
    fallbacks: section.fallbacks === undefined ? undefined : byKind(section.fallbacks),
    cooldown: cooldown === undefined ? undefined : cooldownOf(cooldown),
    totalMs: ms(section.totalSeconds),
    ...deadlines(section),
  });
  return more ?? undefined;
}

/** Undefined where nothing is said. */
export function readRouting(reader: Reader): StackOptions['routing'] {
  const section = reader.readMap(['routing'], routingSchema);
  if (section === undefined) return undefined;
  const { fallbacks, fallbacksMax, retryWaitSecondsMax } = section;
  const said = given({
    ...{ defaultFallbacks: fallbacks, fallbacksMax, retryWaitMsMax: ms(retryWaitSecondsMax) },
  });
  return said ?? undefined;
}

/** Names that nobody has, and names that two have. */
export function checkModelNames(reader: Reader, names: readonly string[]): void {
  const check = (path: KeyPath) => {
    const list = reader.valueAt(path);
    for (const [index, name] of (Array.isArray(list) ? list : []).entries()) {
      if (typeof name !== 'string' || names.includes(name)) continue;
      reader.add([...path, index], unknownName('model', name, names));
    }
  };
  const taken = new Set(names);
  for (const name of names) {
    const path = ['models', name];
    if (!isGroup(reader.valueAt(path))) continue;
    const fallbacks = [...path, 'fallbacks'];
    check(fallbacks);
    for (const kind of ['general', 'contextWindow', 'contentPolicy']) check([...fallbacks, kind]);
    const aliases = reader.valueAt([...path, 'aliases']);
    for (const [index, alias] of (Array.isArray(aliases) ? aliases : []).entries()) {
      const isTaken = taken.has(alias);
      if (isTaken) reader.add([...path, 'aliases', index], 'is the name of another model already');
      taken.add(alias);
    }
  }
  check(['routing', 'fallbacks']);
}

type Fallbacks = NonNullable<NonNullable<ModelOptions['more']>['fallbacks']>;

function byKind(section: NonNullable<GroupSection['fallbacks']>): Fallbacks {
  const none = { general: [], contextWindow: [], contentPolicy: [] };
  return Array.isArray(section) ? { ...none, general: section } : { ...none, ...given(section) };
}

function cooldownOf({ failures, seconds }: NonNullable<GroupSection['cooldown']>) {
  return { failuresMax: failures ?? 3, ms: ms(seconds) ?? 5_000 };
}
