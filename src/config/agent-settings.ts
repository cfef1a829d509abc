// The section `agent.settings`: what a person says in OpenClaw's own settings. Each key is taken as
// it is or refused by name; a secret is a reference, a model is one of the stack's.

import { isMap, type JsonMap } from '../kit/json-map.ts';
import { type Reader, unknownName } from '../kit/located/reader.ts';
import { hasRulesBelow, rulingOf } from '../policy/agent-settings.ts';
import type { AgentSettingsOptions } from '../topology/agent-options.ts';
import { secretReference } from './fields.ts';
import { secretSource } from './secret-source.ts';

interface Reading {
  readonly reader: Reader;
  readonly models: readonly string[];
  readonly resolve: (path: string) => string;
  readonly secrets: AgentSettingsOptions['secrets'][number][];
  readonly modelsAt: (readonly string[])[];
}

const base = ['agent', 'settings'];

/** Undefined where nothing is said, or no map. Faults are in the reader's problems afterwards. */
export function readAgentSettings(
  reader: Reader,
  models: readonly string[],
  resolve: (path: string) => string,
): AgentSettingsOptions | undefined {
  const value = reader.valueAt(base);
  if (value === undefined) return undefined;
  if (!isMap(value)) return undefined;
  const reading: Reading = { reader, models, resolve, secrets: [], modelsAt: [] };
  visit(value, [], reading);
  const { secrets, modelsAt } = reading;
  return { values: value, secrets, modelsAt, at: reader.document.declaredAt(base) };
}

function visit(value: JsonMap, path: string[], reading: Reading): void {
  for (const [key, one] of Object.entries(value)) {
    const below = [...path, key];
    if (isMap(one) && hasRulesBelow(below)) visit(one, below, reading);
    else judge(one, below, reading);
  }
}

function judge(value: unknown, path: readonly string[], reading: Reading): void {
  const { reader, models, resolve, secrets, modelsAt } = reading;
  const at = [...base, ...path];
  const ruling = rulingOf(path);
  if (typeof ruling === 'object') reader.add(at, ruling.refused);
  else if (ruling === 'taken') refuseIndirect(value, at, reader);
  else if (ruling === 'model') {
    if (typeof value !== 'string' || !models.includes(value)) {
      reader.add(at, unknownName('model', String(value), models));
    }
    modelsAt.push(path);
  } else {
    const text = reader.read(at, secretReference);
    if (text === undefined) return;
    const source = secretSource(text, resolve);
    const taken = secrets.map(({ name }) => name);
    secrets.push({ path, name: settingName(path, taken), source });
  }
}

/** What OpenClaw would put in the place of it: files of the jail, variables of its environment. */
function refuseIndirect(value: unknown, at: readonly (string | number)[], reader: Reader): void {
  if (typeof value === 'string' && value.includes('${')) {
    reader.add(at, 'has a variable in it; write the value');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, below] of Object.entries(value)) {
    const path = [...at, Array.isArray(value) ? Number(key) : key];
    if (key.startsWith('$')) reader.add(path, 'would read another file; write it here');
    else refuseIndirect(below, path, reader);
  }
}

/** Of a secret, by its place, so that it stays the same; numbered where two come to the same. */
export function settingName(path: readonly string[], taken: readonly string[]): string {
  const words = path
    .slice(1)
    .join('-')
    .replaceAll(/[A-Z]/g, (letter) => `-${letter}`);
  const name = `agent-${words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 48)}`;
  return taken.includes(name) ? `${name}-${taken.length + 1}` : name;
}
