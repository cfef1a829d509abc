// Mistral. It counts its streams unasked, and older deployments refuse `stream_options`.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const mistral: Adapter = {
  kind: 'mistral',
  ...openaiLike,
  paths: { chat: apiPaths.chat, embeddings: apiPaths.embeddings },
  countsWhenTold: false,
};
