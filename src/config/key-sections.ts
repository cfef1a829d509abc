// The sections `keys` and `guards`: who may ask for which models, and what is looked out for in
// what is asked.

import { type Reader, unknownName } from '../kit/located/reader.ts';
import type { KeyOptions, StackOptions } from '../topology/options.ts';
import { durationMs, nameText } from './fields.ts';
import { checkKnownModel } from './models.ts';
import { guardsSchema, keySchema } from './money-schema.ts';
import { secretSource } from './secret-source.ts';

type Read<K extends keyof StackOptions> = { [P in K]?: StackOptions[P] };

export function readKeys(
  reader: Reader,
  ownServices: readonly string[],
  resolve: (path: string) => string,
): Read<'keys'> {
  if (reader.valueAt(['keys']) === undefined) return {};
  const services = ['gateway', ...ownServices];
  const keys = reader.names(['keys'], nameText).flatMap((name): readonly KeyOptions[] => {
    const path = ['keys', name];
    const section = reader.readMap(path, keySchema);
    if (section === undefined) return [];
    const { service, key, models = null } = section;
    const has = (field: string) => reader.valueAt([...path, field]) !== undefined;
    const isAgent = name === 'agent';
    if (isAgent && has('key')) reader.add([...path, 'key'], 'the key of the agent is made');
    if (isAgent && has('service')) reader.add([...path, 'service'], 'that of the agent is gateway');
    if (!isAgent && !has('key')) reader.add([...path, 'key'], 'is required');
    if (!isAgent && !has('service')) reader.add([...path, 'service'], 'is required');
    if (service !== undefined && !services.includes(service)) {
      reader.add([...path, 'service'], unknownName('service', service, services));
    }
    for (const [index, model] of (models ?? []).entries()) {
      checkKnownModel(reader, [...path, 'models', index], model);
    }
    const source = isAgent || key === undefined ? null : secretSource(key, resolve);
    const at = reader.document.declaredAt(path);
    return [{ name, service: service ?? 'gateway', source, models, at }];
  });
  return { keys };
}

export function readGuards(reader: Reader): Read<'guards'> {
  const guards = reader.readMap(['guards'], guardsSchema);
  if (guards === undefined) return {};
  const { secrets, providerTools, loops, heartbeats, budgetShare } = guards;
  if (heartbeats?.model !== undefined) {
    checkKnownModel(reader, ['guards', 'heartbeats', 'model'], heartbeats.model);
  }
  const { within, ...rest } = loops ?? {};
  const withinMs = within === undefined ? {} : { withinMs: durationMs(within) };
  return {
    guards: {
      ...(secrets === undefined ? {} : { secrets }),
      ...(providerTools === undefined ? {} : { providerTools }),
      ...(loops === undefined ? {} : { loops: { ...rest, ...withinMs } }),
      ...(heartbeats === undefined ? {} : { heartbeats }),
      ...(budgetShare === undefined ? {} : { budgetShare }),
    },
  };
}
