// A row of the table, and the columns it has.

import type { Api } from '../../policy/llm-api.ts';

export type ClientApi = Extract<Api, 'chat' | 'messages' | 'responses' | 'completions'>;
export type ProviderApi = Extract<Api, 'chat' | 'messages' | 'responses' | 'generate'>;

/** Spoken by clients and by providers. */
export const sharedApis = ['chat', 'messages', 'responses'] as const;
export const clientApis = [...sharedApis, 'completions'] as const;
export const providerApis = [...sharedApis, 'generate'] as const;

export interface Feature {
  readonly name: string;
  /** Left out where the API has no word for it. */
  readonly requests: Partial<Readonly<Record<ClientApi | 'embeddings', object>>>;
}
