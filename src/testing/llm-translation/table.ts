// What each translation keeps of each feature, found out by translating.

import type { Api } from '../../policy/llm-api.ts';
import { findTranslation } from '../../policy/llm-translate/translate.ts';
import { embedFeatures } from './embed-features.ts';
import { clientApis, type Feature, providerApis } from './feature.ts';
import { features } from './features.ts';

export type Kept = 'kept' | 'dropped' | 'refused';

const target = { model: 'm', outputTokens: 8_192, outputKey: 'max_completion_tokens' } as const;

/** Null where the API has no word for it. */
export function kept(feature: Feature, from: keyof Feature['requests'], to: Api): Kept | null {
  const request = feature.requests[from];
  const translation = findTranslation(from, to);
  if (request === undefined || translation === null) return null;
  const translated = translation.request(Buffer.from(JSON.stringify(request)), target);
  if ('refused' in translated) return 'refused';
  return translated.dropped.length > 0 ? 'dropped' : 'kept';
}

interface Direction {
  readonly from: keyof Feature['requests'];
  readonly to: Api;
}

const conversations: readonly Direction[] = clientApis.flatMap((from) =>
  providerApis.filter((to) => to !== from).map((to) => ({ from, to })),
);

const embeddings: readonly Direction[] = [
  { from: 'embeddings', to: 'embed-cohere' },
  { from: 'embeddings', to: 'embed-voyage' },
];

export interface Table {
  readonly heads: string[];
  readonly rows: string[][];
}

/** Of conversations, and of embeddings. */
export function translationTables(): readonly [Table, Table] {
  return [tableOf(features, conversations), tableOf(embedFeatures, embeddings)];
}

/** Heads and rows, as Markdown cells. */
function tableOf(features: readonly Feature[], directions: readonly Direction[]): Table {
  const heads = ['Feature', ...directions.map(({ from, to }) => `${from} → ${to}`)];
  const rows = features.map((feature) => [
    feature.name,
    ...directions.map(({ from, to }) => kept(feature, from, to) ?? ''),
  ]);
  return { heads, rows };
}
