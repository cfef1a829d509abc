// Money and limits of a LiteLLM config.yaml: one budget for all, one for a provider, one for a
// model, and how much may go on at the same time.

import * as z from 'zod';
import type { KeyPath } from '../../kit/located/problem.ts';
import { type Reader, unknownName } from '../../kit/located/reader.ts';
import { formatPlace } from '../../kit/place.ts';
import type { ReadModels } from './deployments.ts';
import { nanoUsdOf, windowOf } from './values.ts';

export interface ReadMoney {
  readonly budgets: readonly Readonly<Record<string, unknown>>[];
  readonly rates: readonly Readonly<Record<string, unknown>>[];
}

/** `budget` is what the command line gave for a file that has none. */
export function readMoney(
  reader: Reader,
  models: ReadModels,
  budget: Readonly<Record<string, unknown>> | null,
): ReadMoney {
  const money = new Money(reader);
  const all = money.budget(
    ['litellm_settings', 'max_budget'],
    ['litellm_settings', 'budget_duration'],
    { by: 'all' },
  );
  const budgets = [
    ...(all === null ? [] : [all]),
    ...(budget === null ? [] : [budget]),
    ...money.providerBudgets(models),
    ...money.modelBudgets(models),
  ];
  const isSaid = (reader.valueAt(['litellm_settings', 'max_budget']) ?? null) !== null;
  if (!isSaid && budget === null) {
    const fix =
      'say how much may be spent: max_budget: 20 and budget_duration: 1d here, or --budget 20/day';
    reader.add(['litellm_settings', 'max_budget'], fix);
  }
  return { budgets, rates: money.rates() };
}

class Money {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  budget(
    usdPath: KeyPath,
    durationPath: KeyPath,
    scope: Readonly<Record<string, unknown>>,
  ): Record<string, unknown> | null {
    const usd = this.#reader.valueAt(usdPath) ?? null;
    if (usd === null) return null;
    const limitNanoUsd = nanoUsdOf(typeof usd === 'string' ? Number(usd) : usd);
    if (limitNanoUsd === null) this.#reader.add(usdPath, 'must be an amount in dollars');
    const duration = this.#reader.valueAt(durationPath) ?? null;
    const window = duration === null ? 'total' : windowOf(String(duration));
    if (window === null)
      this.#reader.add(durationPath, 'must be a time of a minute at least: 30m, 24h, 7d, 1mo');
    if (limitNanoUsd === null || window === null) return null;
    const at = formatPlace(this.#reader.document.placeOf(usdPath));
    return { ...scope, limitNanoUsd, window, at };
  }

  providerBudgets({ providers }: ReadModels): Record<string, unknown>[] {
    const path = ['router_settings', 'provider_budget_config'];
    const map = this.#reader.valueAt(path) ?? {};
    if (typeof map !== 'object' || Array.isArray(map)) {
      this.#reader.add(path, 'must be a map');
      return [];
    }
    return Object.keys(map).flatMap((litellmName) => {
      const at = [...path, litellmName];
      const named = providers.filter((provider) => provider.litellmName === litellmName);
      this.#reader.refuseUnknown(at, [
        'budget_limit',
        'time_period',
        'max_budget',
        'budget_duration',
      ]);
      const [only] = named;
      if (only === undefined) {
        const names = providers.map((provider) => provider.litellmName);
        this.#reader.add(at, unknownName('provider', litellmName, names));
        return [];
      }
      if (named.length > 1) {
        this.#reader.add(at, 'stands for several keys or addresses here; a budget is for one');
        return [];
      }
      const first = (...keys: string[]) => [
        ...at,
        keys.find((key) => this.#reader.valueAt([...at, key]) !== undefined) ?? keys[0] ?? '',
      ];
      const read = this.budget(
        first('budget_limit', 'max_budget'),
        first('time_period', 'budget_duration'),
        {
          by: 'provider',
          name: only.name,
        },
      );
      return read === null ? [] : [read];
    });
  }

  /** A deployment's own budget is its model's, where it is the only one of it. */
  modelBudgets({ deployments }: ReadModels): Record<string, unknown>[] {
    return deployments.flatMap(({ path, modelName, budget }) => {
      if (budget === null) return [];
      const usdPath = [...path, 'litellm_params', 'max_budget'];
      if (deployments.filter((other) => other.modelName === modelName).length > 1) {
        this.#reader.add(usdPath, 'is for a model with one deployment; this one has several');
        return [];
      }
      const scope = { by: 'model', name: modelName };
      const read = this.budget(usdPath, [...path, 'litellm_params', 'budget_duration'], scope);
      return read === null ? [] : [read];
    });
  }

  rates(): Record<string, unknown>[] {
    const path = ['general_settings', 'global_max_parallel_requests'];
    if ((this.#reader.valueAt(path) ?? null) === null) return [];
    const parallel = this.#reader.read(path, z.int().positive());
    const at = formatPlace(this.#reader.document.placeOf(path));
    return parallel === undefined ? [] : [{ by: 'all', parallel, at }];
  }
}
