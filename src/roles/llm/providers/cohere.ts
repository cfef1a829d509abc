// Cohere: embeddings and chat at its surface for OpenAI's clients.

import { type Adapter, openaiLike } from './adapter.ts';

export const cohere: Adapter = {
  kind: 'cohere',
  ...openaiLike,
  paths: {
    embeddings: '/compatibility/v1/embeddings',
    chat: '/compatibility/v1/chat/completions',
  },
  forwarded: [],
};
