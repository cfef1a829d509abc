// The section `models`: the names the agent can ask for, and the deployments behind each.

import type { KeyPath } from '../kit/located/problem.ts';
import { type Reader, unknownName } from '../kit/located/reader.ts';
import type { ModelOptions, ProviderOptions } from '../topology/options.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import { modelText } from './fields.ts';
import { defaultOutputTokensMax, knownProviders } from './known-providers.ts';
import { checkModelNames, isGroup, readGroup } from './model-group.ts';
import { deploymentsMax } from './model-schema.ts';

export function readModels(
  reader: Reader,
  providers: readonly ProviderOptions[],
  demo: boolean,
): readonly ModelOptions[] {
  if (reader.valueAt(['models']) === undefined) {
    const models = defaultModel(reader, providers, demo);
    checkModelNames(
      reader,
      models.map(({ name }) => name),
    );
    return models;
  }
  const names = reader.names(['models'], modelText);
  const value = reader.valueAt(['models']);
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) {
    reader.add(['models'], 'must name one model at least; leave it out for a default');
  }
  const models = names.map((name) => readModel(reader, name));
  checkModelNames(reader, names);
  checkIds(reader, models);
  return models;
}

function readModel(reader: Reader, name: string): ModelOptions {
  const path = ['models', name];
  const at = reader.document.declaredAt(path);
  if (!isGroup(reader.valueAt(path))) {
    return { name, deployments: deploymentsAt(reader, path, true), at };
  }
  const more = readGroup(reader, path);
  const list = [...path, 'deployments'];
  if (!Array.isArray(reader.valueAt(list))) reader.add(list, 'must be a list of deployments');
  const deployments = Array.isArray(reader.valueAt(list)) ? deploymentsAt(reader, list, false) : [];
  return { name, deployments, ...(more === undefined ? {} : { more }), at };
}

/** A list by itself is tried in its order; below `deployments` the strategy has the choice. */
function deploymentsAt(reader: Reader, path: KeyPath, inOrder: boolean): readonly Deployment[] {
  const section = reader.valueAt(path);
  const isList = Array.isArray(section) && (section.length > 0 || !inOrder);
  if (isList && section.length === 0) reader.add(path, 'must not be empty');
  if (isList && section.length > deploymentsMax) {
    reader.add(path, `has more than ${deploymentsMax} items`);
  }
  const paths = isList ? section.map((_, index) => [...path, index]) : [path];
  return paths.flatMap((one, index) => readDeployment(reader, one, inOrder ? index : 0) ?? []);
}

/** An id that was given is one deployment's own: records and headers say no more of it. */
function checkIds(reader: Reader, models: readonly ModelOptions[]): void {
  const seen = new Set<string>();
  for (const { name, deployments } of models) {
    for (const { more } of deployments) {
      if (more?.id === undefined) continue;
      if (seen.has(more.id)) reader.add(['models', name], `the id ${more.id} is taken already`);
      seen.add(more.id);
    }
  }
}

/** One model, `default`, at the first provider: a short file needs no model list. */
function defaultModel(
  reader: Reader,
  providers: readonly ProviderOptions[],
  demo: boolean,
): readonly ModelOptions[] {
  const first = providers[0];
  if (first === undefined) return [];
  const known = Object.hasOwn(knownProviders, first.name) ? knownProviders[first.name] : undefined;
  const model = known?.defaultModel ?? null;
  if (model === null) {
    const isDeclared = reader.valueAt(['providers', first.name, 'baseUrl']) !== undefined;
    if (!demo && (known !== undefined || isDeclared)) {
      const example = `models: { default: ${first.name}/MODEL }`;
      reader.add(['providers', first.name], `has no default model, so the file needs ${example}`);
    }
    return [];
  }
  return [
    {
      name: 'default',
      deployments: [
        { provider: first.name, model, price: null, outputTokensMax: defaultOutputTokensMax },
      ],
      at: reader.document.declaredAt(['models']),
    },
  ];
}

/** A model with a fault of its own is not said to be missing. */
export function checkKnownModel(reader: Reader, path: KeyPath, name: string): void {
  const section = reader.valueAt(['models']);
  const isMap = typeof section === 'object' && section !== null;
  const known = isMap ? Object.keys(section) : ['default'];
  if (!known.includes(name)) reader.add(path, unknownName('model', name, known));
}
