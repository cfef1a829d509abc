// What each translation keeps of each feature, found out by translating.

import { findTranslation } from '../../policy/llm-translate/translate.ts';
import {
  type ClientApi,
  clientApis,
  type Feature,
  type ProviderApi,
  providerApis,
} from './feature.ts';
import { features } from './features.ts';

export type Kept = 'kept' | 'dropped' | 'refused';

const target = { model: 'm', outputTokens: 8_192, outputKey: 'max_completion_tokens' } as const;

/** Null where the API has no word for it. */
export function kept(feature: Feature, from: ClientApi, to: ProviderApi): Kept | null {
  const request = feature.requests[from];
  const translation = findTranslation(from, to);
  if (request === undefined || translation === null) return null;
  const translated = translation.request(Buffer.from(JSON.stringify(request)), target);
  if ('refused' in translated) return 'refused';
  return translated.dropped.length > 0 ? 'dropped' : 'kept';
}

export const directions = clientApis.flatMap((from) =>
  providerApis.filter((to) => to !== from).map((to) => ({ from, to })),
);

/** Heads and rows, as Markdown cells. */
export function translationTable(): { readonly heads: string[]; readonly rows: string[][] } {
  const heads = ['Feature', ...directions.map(({ from, to }) => `${from} → ${to}`)];
  const rows = features.map((feature) => [
    feature.name,
    ...directions.map(({ from, to }) => kept(feature, from, to) ?? ''),
  ]);
  return { heads, rows };
}
