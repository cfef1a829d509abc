// Google's Gemini API: its own generateContent, which others are translated into, and an
// OpenAI-compatible surface below another path. Both take the key, each in its own header.

import { apiPaths } from '../../../policy/llm-api.ts';
import type { Adapter } from './adapter.ts';

const openaiPath = '/v1beta/openai';

const paths: Adapter['paths'] = {
  generate: apiPaths.generate,
  chat: `${openaiPath}/chat/completions`,
  embeddings: `${openaiPath}/embeddings`,
  'count-generate': apiPaths['count-generate'],
};

export const gemini: Adapter = {
  kind: 'gemini',
  paths,
  auth: 'bearer',
  authFor: (api) => (api === 'generate' || api === 'count-generate' ? 'x-goog-api-key' : 'bearer'),
  forwarded: [],
  outputKey: 'max_tokens',
  countsWhenTold: true,
  path({ api, model, stream }) {
    const path = (paths[api] ?? '').replace('{model}', encodeURIComponent(model));
    const isStreamed = stream && api === 'generate';
    return isStreamed ? path.replace(/:\w+$/, ':streamGenerateContent?alt=sse') : path;
  },
};
