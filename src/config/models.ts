// The section `models`: the names the agent can ask for, and the deployments behind each.

import type { KeyPath } from '../kit/located/problem.ts';
import { type Reader, unknownName } from '../kit/located/reader.ts';
import type { Price } from '../roles/llm/settings.ts';
import type { ModelOptions, ProviderOptions } from '../topology/options.ts';
import { modelText, nameText } from './fields.ts';
import { defaultOutputTokensMax, knownProviders } from './known-providers.ts';
import { usdPerMillionToNano } from './money.ts';
import type { PriceSection } from './money-schema.ts';
import { deploymentSchema, deploymentsMax, deploymentText, modelSchema } from './schema.ts';

type Deployment = ModelOptions['deployments'][number];

export function readModels(
  reader: Reader,
  providers: readonly ProviderOptions[],
  demo: boolean,
): readonly ModelOptions[] {
  if (reader.valueAt(['models']) === undefined) return defaultModel(reader, providers, demo);
  const names = reader.names(['models'], modelText);
  const value = reader.valueAt(['models']);
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) {
    reader.add(['models'], 'must name one model at least; leave it out for a default');
  }
  return names.flatMap((name) => {
    const path = ['models', name];
    const section = reader.valueAt(path);
    const isList = Array.isArray(section) && section.length > 0;
    if (isList && section.length > deploymentsMax) {
      reader.add(path, `has more than ${deploymentsMax} items`);
    }
    const paths = isList ? section.map((_, index) => [...path, index]) : [path];
    const deployments = paths.flatMap((one) => deployment(reader, one) ?? []);
    return [{ name, deployments, at: reader.document.declaredAt(path) }];
  });
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

function deployment(reader: Reader, path: KeyPath): Deployment | null {
  const section = reader.valueAt(path);
  if (typeof section === 'string') {
    const text = reader.read(path, deploymentText);
    if (text === undefined) return null;
    const slash = text.indexOf('/');
    const provider = text.slice(0, slash);
    checkProvider(reader, path, provider);
    return { provider, model: text.slice(slash + 1), price: null, outputTokensMax: null };
  }
  const isMap = typeof section === 'object' && section !== null && !Array.isArray(section);
  if (!isMap) reader.read(path, modelSchema);
  const read = isMap ? reader.readMap(path, deploymentSchema) : undefined;
  if (read?.provider !== undefined) checkProvider(reader, [...path, 'provider'], read.provider);
  const own = price(reader, [...path, 'price']);
  if (read?.provider === undefined || read.model === undefined) return null;
  const { provider, model, outputTokensMax = null } = read;
  return { provider, model, price: own, outputTokensMax };
}

/**
 * Against the names in the file, so that a provider with a fault of its own is not said to be
 * missing.
 */
function checkProvider(reader: Reader, path: KeyPath, name: string): void {
  const providers = reader.valueAt(['providers']);
  if (typeof providers !== 'object' || providers === null) return;
  const known = Object.keys(providers).filter((one) => nameText.safeParse(one).success);
  if (!known.includes(name)) reader.add(path, unknownName('provider', name, known));
}

/** Whether the map is well formed, its deployment's schema has said; here the decimals are read. */
function price(reader: Reader, path: KeyPath): Price | null {
  if (reader.valueAt(path) === undefined) return null;
  const nano = (key: keyof PriceSection): number => {
    const value = usdPerMillionToNano(reader.document.sourceOf([...path, key]) ?? '');
    if (value === null && typeof reader.valueAt([...path, key]) === 'number') {
      reader.add(
        [...path, key],
        'must be a plain decimal with three decimals at most; round up what is finer',
      );
    }
    return value ?? 0;
  };
  const has = (key: keyof PriceSection) => reader.valueAt([...path, key]) !== undefined;
  return {
    inputNanoUsd: nano('input'),
    outputNanoUsd: nano('output'),
    ...(has('cacheRead') ? { cacheReadNanoUsd: nano('cacheRead') } : {}),
    ...(has('cacheWrite') ? { cacheWriteNanoUsd: nano('cacheWrite') } : {}),
  };
}
