// The settings as planning needs them: names and aliases to models, deployments with what their
// provider speaks, and prices looked up once a minute.

import type { Api } from '../../../policy/llm-api.ts';
import type { BookDeployment, BookModel, RouteBook } from '../../../policy/llm-plan.ts';
import { type ModelPrice, priceFromConfig } from '../../../policy/llm-price.ts';
import type { Translations } from '../../../policy/llm-translation.ts';
import { adapterOf } from '../providers/index.ts';
import type { LlmSettings } from '../settings.ts';
import type { DeploymentSettings, ModelSettings, ProviderSettings } from './settings.ts';

type Ids = ReadonlyMap<DeploymentSettings, string>;
type Rules = Pick<LlmSettings, 'providers' | 'models' | 'routing'>;

/** What a model costs at the provider with this address; null where nobody knows. */
export type PriceList = (baseUrl: string, model: string, nowMs: number) => ModelPrice | null;

export function makeRouteBook(
  rules: Rules,
  translations: Translations,
  prices: PriceList = () => null,
): RouteBook {
  const models = new Map<string, BookModel>();
  const ids = deploymentIds(rules.models);
  for (const model of rules.models) {
    const made = bookModel(model, rules, ids, prices);
    for (const name of [model.name, ...model.aliases]) models.set(name, made);
  }
  return { models, translates: (from, to) => translations(from, to) !== null };
}

/**
 * The name of each deployment in records, metrics and headers: its id, or PROVIDER/MODEL, with the
 * name of its model before it where that is not enough, and a number where that is not either.
 */
export function deploymentIds(
  models: readonly ModelSettings[],
): ReadonlyMap<DeploymentSettings, string> {
  const plain = ({ provider, model }: DeploymentSettings) => `${provider}/${model}`;
  const all = models.flatMap(({ deployments }) => deployments);
  const shared = new Set(
    all.map(plain).filter((one, at, list) => list.indexOf(one) !== at || givenTo(all, one)),
  );
  const ids = new Map<DeploymentSettings, string>();
  const taken = new Set(all.flatMap(({ id }) => id ?? []));
  for (const { name, deployments } of models) {
    for (const one of deployments) {
      const short = shared.has(plain(one)) ? `${name}:${plain(one)}` : plain(one);
      let id = one.id ?? short;
      for (let count = 2; one.id === undefined && taken.has(id); count += 1) {
        id = `${short}#${count}`;
      }
      taken.add(id);
      ids.set(one, id);
    }
  }
  return ids;
}

function givenTo(all: readonly DeploymentSettings[], name: string): boolean {
  return all.some(({ id }) => id === name);
}

function bookModel(model: ModelSettings, rules: Rules, ids: Ids, prices: PriceList): BookModel {
  const { general, contextWindow, contentPolicy } = model.fallbacks;
  const isOwn = general.length > 0;
  const defaults = rules.routing.defaultFallbacks.filter((name) => name !== model.name);
  return {
    name: model.name,
    deployments: model.deployments.flatMap((one) => {
      const provider = rules.providers.find(({ name }) => name === one.provider);
      return provider === undefined ? [] : [bookDeployment(one, provider, ids, prices)];
    }),
    fallbacks: { general: isOwn ? general : defaults, contextWindow, contentPolicy },
    marksCache: model.promptCache === 'auto',
  };
}

function bookDeployment(
  one: DeploymentSettings,
  provider: ProviderSettings,
  ids: Ids,
  prices: PriceList,
): BookDeployment {
  const { model, weight, order, rpm, tpm, parallelMax, outputTokensMax } = one;
  return {
    ...{ id: ids.get(one) ?? '', provider: provider.name, model },
    ...{ weight, order, rpm, tpm, parallelMax, outputTokensMax },
    apis: spoken(provider, model),
    price: priced(one, provider, prices),
  };
}

/** In the order of preference. */
function spoken(provider: ProviderSettings, model: string): readonly Api[] {
  const adapter = adapterOf(provider);
  const all = adapter.speaks?.(model) ?? (Object.keys(adapter.paths) as Api[]);
  return provider.options.apis ?? all;
}

const priceLifeMs = 60_000;

function priced(
  { price, model, listed, inputTokensMax }: DeploymentSettings,
  provider: ProviderSettings,
  prices: PriceList,
): BookDeployment['price'] {
  const bounded = (found: ModelPrice): ModelPrice =>
    inputTokensMax === null ? found : { ...found, contextTokens: inputTokensMax };
  const isFree = listed === null && adapterOf(provider).billsNobody === true;
  const said = price ?? (isFree ? { inputNanoUsd: 0, outputNanoUsd: 0 } : null);
  if (said !== null) {
    const own = bounded(priceFromConfig(said));
    return () => own;
  }
  const entry = listed ?? { baseUrl: provider.baseUrl, model };
  // Prices of the list have a start and, some, hours of the day.
  let known: ModelPrice | null = null;
  let until = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    if (nowMs < until && nowMs >= until - priceLifeMs) return known;
    const found = prices(entry.baseUrl, entry.model, nowMs);
    known = found === null ? null : bounded(found);
    until = nowMs + priceLifeMs;
    return known;
  };
}
