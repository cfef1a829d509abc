// What a person set of the agent's own settings, put together with what the stack sets. What the
// stack sets stands, whatever a person said: config refuses the same by name, and this holds if it
// did not.

import { isMap, valueAt } from '../kit/json-map.ts';
import type { AgentSettings } from '../topology/model.ts';
import { type Json, modelId, secretRef } from './openclaw-models.ts';

/** Only said where a person says nothing. */
const unlessSaid: Json = {
  // A model call every half hour that nobody asked for.
  agents: { defaults: { heartbeat: { every: '0m' } } },
};

/** Pure. Lists of what is denied are joined; anything else of the stack takes the place of it. */
export function withOwnSettings(stack: Json, own: AgentSettings | undefined): Json {
  const values = own === undefined ? {} : withReferences(own);
  const deny = [...listAt(stack, ['tools', 'deny']), ...listAt(values, ['tools', 'deny'])];
  const both = merged(merged(unlessSaid, values), stack);
  const denied = withValue(both, ['tools', 'deny'], [...new Set(deny)]);
  return isMap(values.channels) ? withChannels(denied, values.channels) : denied;
}

/** The plugin of each channel is loaded; what is said in a chat changes no settings. */
function withChannels(settings: Json, channels: Json): Json {
  const names = Object.keys(channels).filter((name) => name !== 'defaults');
  const allow = [...listAt(settings, ['plugins', 'allow']), ...names];
  const fixed = names.reduce(
    (all, name) => withValue(all, ['channels', name, 'configWrites'], false),
    settings,
  );
  return withValue(fixed, ['plugins', 'allow'], allow);
}

function withReferences({ values, secrets, modelsAt }: AgentSettings): Json {
  const withSecrets = secrets.reduce<Json>(
    (all, { path, name }) => withValue(all, path, secretRef(name)),
    values,
  );
  return modelsAt.reduce<Json>((all, path) => {
    const name = valueAt(all, path);
    return typeof name === 'string' ? withValue(all, path, modelId(name)) : all;
  }, withSecrets);
}

/** `over` stands where both say something; lists and texts are not mixed. */
function merged(under: Json, over: Json): Json {
  const keys = [...new Set([...Object.keys(over), ...Object.keys(under)])];
  return Object.fromEntries(
    keys.map((key) => {
      const below = valueAt(under, [key]);
      const above = valueAt(over, [key]);
      if (above === undefined) return [key, below];
      return [key, isMap(below) && isMap(above) ? merged(below, above) : above];
    }),
  );
}

function withValue(all: Json, path: readonly string[], value: unknown): Json {
  const [key, ...rest] = path;
  if (key === undefined) return all;
  const at = valueAt(all, [key]);
  const below = rest.length === 0 ? value : withValue(isMap(at) ? at : {}, rest, value);
  return Object.fromEntries([...Object.entries(all), [key, below]]);
}

function listAt(all: Json, path: readonly string[]): readonly unknown[] {
  const value = valueAt(all, path);
  return Array.isArray(value) ? value : [];
}
