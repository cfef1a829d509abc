// One deployment of a model in the user's file: PROVIDER/MODEL, or a map.

import type { KeyPath } from '../kit/located/problem.ts';
import { type Reader, unknownName } from '../kit/located/reader.ts';
import { type DeploymentSettings, providerKinds } from '../roles/llm/routing/settings.ts';
import type { Price } from '../roles/llm/settings.ts';
import type { ModelOptions } from '../topology/options.ts';
import { nameText } from './fields.ts';
import { listAddress } from './known-providers.ts';
import {
  type DeploymentSection,
  deploymentSchema,
  deploymentText,
  modelSchema,
} from './model-schema.ts';
import { usdPerMillionToNano, usdPerThousandToNano } from './money.ts';
import type { PriceSection } from './money-schema.ts';

export type Deployment = ModelOptions['deployments'][number];

/** `order` is its place in a list that is tried in order; 0 where it is in none. */
export function readDeployment(reader: Reader, path: KeyPath, order: number): Deployment | null {
  const section = reader.valueAt(path);
  const place = order === 0 ? {} : { more: { order } };
  if (typeof section === 'string') {
    const text = reader.read(path, deploymentText);
    if (text === undefined) return null;
    const slash = text.indexOf('/');
    const provider = text.slice(0, slash);
    checkProvider(reader, path, provider);
    return { provider, model: text.slice(slash + 1), price: null, outputTokensMax: null, ...place };
  }
  const isMap = typeof section === 'object' && section !== null && !Array.isArray(section);
  if (!isMap) reader.read(path, modelSchema);
  const read = isMap ? reader.readMap(path, deploymentSchema) : undefined;
  if (read?.provider !== undefined) checkProvider(reader, [...path, 'provider'], read.provider);
  const own = price(reader, [...path, 'price']);
  if (read?.provider === undefined || read.model === undefined) return null;
  const { provider, model, outputTokensMax = null } = read;
  const listed = listedAs(reader, path, read.priceAs);
  const more = said({ order: order === 0 ? undefined : order, ...read }, listed);
  const rest = more === null ? {} : { more };
  return { provider, model, price: own, outputTokensMax, ...rest };
}

/** In the words of the settings; null where nothing was said. */
function said(
  read: Partial<DeploymentSection>,
  listed: DeploymentSettings['listed'] | undefined,
): NonNullable<Deployment['more']> | null {
  const { id, weight, order, inputTokensMax, parallel } = read;
  const { requestsPerMinute, tokensPerMinute } = read;
  return given({
    ...{ id, weight, order, inputTokensMax, listed },
    ...{ rpm: requestsPerMinute, tpm: tokensPerMinute, parallelMax: parallel },
    ...deadlines(read),
  });
}

interface Timeouts {
  readonly firstByteSeconds?: number | undefined;
  readonly attemptSeconds?: number | undefined;
}

export function deadlines({ firstByteSeconds, attemptSeconds }: Timeouts) {
  return { firstByteMs: ms(firstByteSeconds), attemptMs: ms(attemptSeconds) };
}

export function ms(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.ceil(seconds * 1000);
}

/** Without what is undefined; null where nothing is left. */
export function given<T extends object>(
  values: T,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } | null {
  const left = Object.entries(values).filter(([, value]) => value !== undefined);
  return left.length === 0
    ? null
    : (Object.fromEntries(left) as { [Key in keyof T]?: Exclude<T[Key], undefined> });
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

function listedAs(reader: Reader, path: KeyPath, priceAs: string | undefined) {
  if (priceAs === undefined) return undefined;
  if (reader.valueAt([...path, 'price']) !== undefined) {
    reader.add([...path, 'priceAs'], 'has no use beside `price`');
  }
  const [, kind = '', model = ''] = /^([^/]*)\/(.*)$/.exec(priceAs) ?? [];
  const baseUrl = providerKinds.filter((one) => one === kind).map(listAddress)[0] ?? null;
  if (baseUrl !== null) return { baseUrl, model };
  const listed = providerKinds.filter((one) => listAddress(one) !== null);
  reader.add([...path, 'priceAs'], unknownName('provider of the price list', kind, listed));
  return undefined;
}

/** Whether the map is well formed, its deployment's schema has said; here the decimals are read. */
function price(reader: Reader, path: KeyPath): Price | null {
  if (reader.valueAt(path) === undefined) return null;
  const nano = (key: keyof PriceSection, isUse = false): number | undefined => {
    if (reader.valueAt([...path, key]) === undefined) return undefined;
    const text = reader.document.sourceOf([...path, key]) ?? '';
    const value = isUse ? usdPerThousandToNano(text) : usdPerMillionToNano(text);
    if (value === null && typeof reader.valueAt([...path, key]) === 'number') {
      const places = isUse ? 'six' : 'three';
      const message = `must be a plain decimal with ${places} decimals at most; round up what is finer`;
      reader.add([...path, key], message);
    }
    return value ?? 0;
  };
  const tokens = reader.valueAt([...path, 'useTokens']);
  const more = given({
    cacheReadNanoUsd: nano('cacheRead'),
    cacheWriteNanoUsd: nano('cacheWrite'),
    cacheWrite1hNanoUsd: nano('cacheWrite1h'),
    webSearchNanoUsd: nano('webSearch', true),
    fileSearchNanoUsd: nano('fileSearch', true),
    codeExecutionNanoUsd: nano('codeExecution', true),
    useTokensMax: typeof tokens === 'number' ? tokens : undefined,
  });
  return { inputNanoUsd: nano('input') ?? 0, outputNanoUsd: nano('output') ?? 0, ...more };
}
