// A row of the table, and the columns it has.

import type { Api } from '../../policy/llm-api.ts';

export type ClientApi = Extract<Api, 'chat' | 'messages' | 'responses'>;
export type ProviderApi = ClientApi | Extract<Api, 'generate'>;

export const clientApis = ['chat', 'messages', 'responses'] as const;
export const providerApis = ['chat', 'messages', 'responses', 'generate'] as const;

export interface Feature {
  readonly name: string;
  /** Left out where the API has no word for it. */
  readonly requests: Partial<Readonly<Record<ClientApi, object>>>;
}
