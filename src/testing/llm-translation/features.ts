// One thing a client can ask for, in each API it can be asked in: the rows of the table of what
// each translation keeps. Each request is as small as the feature lets it be.

import type { Api } from '../../policy/llm-api.ts';
import { answerFeatures } from './answer-features.ts';
import { contentFeatures } from './content-features.ts';

export type ClientApi = Extract<Api, 'chat' | 'messages' | 'responses'>;
export type ProviderApi = ClientApi | Extract<Api, 'generate'>;

export const clientApis = ['chat', 'messages', 'responses'] as const;
export const providerApis = ['chat', 'messages', 'responses', 'generate'] as const;

export interface Feature {
  readonly name: string;
  /** Left out where the API has no word for it. */
  readonly requests: Partial<Readonly<Record<ClientApi, object>>>;
}

export const features: readonly Feature[] = [...contentFeatures, ...answerFeatures];
