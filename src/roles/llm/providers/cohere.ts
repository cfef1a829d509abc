// Cohere: its own embeddings, and chat at its surface for OpenAI's clients.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const cohere: Adapter = {
  kind: 'cohere',
  stopsWhenLeft: true,
  ...openaiLike,
  paths: {
    'embed-cohere': apiPaths['embed-cohere'],
    chat: '/compatibility/v1/chat/completions',
  },
  forwarded: [],
};
