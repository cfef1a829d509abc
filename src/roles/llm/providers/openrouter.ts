// OpenRouter: three dialects over one key. Its base URL ends in /api.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const openrouter: Adapter = {
  kind: 'openrouter',
  ...openaiLike,
  paths: {
    chat: apiPaths.chat,
    messages: apiPaths.messages,
    responses: apiPaths.responses,
    completions: apiPaths.completions,
    embeddings: apiPaths.embeddings,
  },
  forwarded: ['anthropic-version', 'anthropic-beta'],
};
