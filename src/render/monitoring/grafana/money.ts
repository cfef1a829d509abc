// What models cost, what is left, and what the cache of answers saves.

import { metricNames as names } from '../../../telemetry/names.ts';
import { type Board, rateOver } from './board.ts';

const llm = '{service="llm"}';
const firstBytes = `rate(${names.firstByteSeconds}_bucket${llm}[${rateOver}])`;

export const money: Board = {
  id: 'money',
  title: 'money',
  panels: [
    {
      title: 'Spent in a day',
      says: 'As settled.',
      kind: 'stat',
      unit: 'currencyUSD',
      queries: [{ expr: `sum(increase(${names.spendUsd}${llm}[1d]))` }],
    },
    {
      title: 'Left',
      says: 'In the window of the tightest budget.',
      kind: 'stat',
      unit: 'currencyUSD',
      queries: [{ expr: `min(${names.budgetRemainingUsd}${llm})` }],
    },
    {
      title: 'Reserved',
      says: 'For calls that are not settled yet.',
      kind: 'stat',
      unit: 'currencyUSD',
      queries: [{ expr: `sum(${names.reservedUsd}${llm})` }],
    },
    {
      title: 'Saved by the cache in a day',
      says: 'What its answers would have cost.',
      kind: 'stat',
      unit: 'currencyUSD',
      queries: [{ expr: `sum(increase(${names.cacheSavedUsd}${llm}[1d]))` }],
    },
    {
      title: 'Spent in an hour, by model',
      says: 'A jump here is a loop, an injection, or a dear model by mistake.',
      kind: 'series',
      unit: 'currencyUSD',
      queries: [
        {
          expr: `sum by (model) (rate(${names.spendUsd}${llm}[${rateOver}])) * 3600`,
          legend: '{{model}}',
        },
      ],
    },
    {
      title: 'Budgets',
      says: 'The share that is left of each.',
      kind: 'series',
      unit: 'percentunit',
      queries: [{ expr: `${names.budgetLeftShare}${llm}`, legend: '{{by}} a {{window}}' }],
    },
    {
      title: 'Tokens',
      says: 'As the provider counted them.',
      kind: 'series',
      unit: 'short',
      queries: [
        {
          expr: `sum by (kind) (rate(${names.tokens}${llm}[${rateOver}]))`,
          legend: '{{kind}} a second',
        },
      ],
    },
    {
      title: 'Time to the first byte, 95 of 100',
      says: 'By model and provider.',
      kind: 'series',
      unit: 's',
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (model, provider, le) (${firstBytes}))`,
          legend: '{{model}} at {{provider}}',
        },
      ],
    },
    {
      title: 'Attempts that failed',
      says: 'By class of error. A provider that fails is left for another where one is declared.',
      kind: 'series',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (provider, class) (rate(${names.attemptFailures}${llm}[${rateOver}]))`,
          legend: '{{provider}} {{class}}',
        },
      ],
    },
    {
      title: 'Cache of answers',
      says: 'Lookups by what came of them.',
      kind: 'series',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (outcome) (rate(${names.cacheLookups}${llm}[${rateOver}]))`,
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'Wrong among answers to something similar',
      says: 'As shadow checks found; `clincher cache stats` says on what.',
      kind: 'series',
      unit: 'percentunit',
      queries: [{ expr: `max(${names.cacheWrongShare}${llm})` }],
    },
    {
      title: 'What a person should hear of',
      says: 'Alarms of llm: budgets, loops, secrets in prompts, blocked keys.',
      kind: 'series',
      unit: 'short',
      queries: [
        {
          expr: `sum by (kind) (increase(${names.alarms}${llm}[${rateOver}]))`,
          legend: '{{kind}}',
        },
      ],
    },
  ],
};
