// Google's Gemini API: its own generateContent, which others are translated into, and an
// OpenAI-compatible surface below another path. Both take the key, each in its own header.

import type { Adapter } from './adapter.ts';

const openaiPath = '/v1beta/openai';

export const gemini: Adapter = {
  kind: 'gemini',
  paths: {
    generate: '/v1beta/models/{model}:generateContent',
    chat: `${openaiPath}/chat/completions`,
    embeddings: `${openaiPath}/embeddings`,
  },
  auth: 'bearer',
  authFor: (api) => (api === 'generate' ? 'x-goog-api-key' : 'bearer'),
  forwarded: [],
  outputKey: 'max_tokens',
  countsWhenTold: true,
  path({ api, model, stream }) {
    if (api === 'embeddings') return `${openaiPath}/embeddings`;
    if (api !== 'generate') return `${openaiPath}/chat/completions`;
    const name = encodeURIComponent(model);
    const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    return `/v1beta/models/${name}:${method}`;
  },
};
