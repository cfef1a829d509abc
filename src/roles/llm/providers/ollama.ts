// Ollama: OpenAI's dialect and Anthropic's Messages API, from version 0.14 on; no key.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const ollama: Adapter = {
  kind: 'ollama',
  ...openaiLike,
  paths: {
    chat: apiPaths.chat,
    completions: apiPaths.completions,
    embeddings: apiPaths.embeddings,
    messages: apiPaths.messages,
  },
  forwarded: ['anthropic-version', 'anthropic-beta'],
};
