// Fireworks. Its base URL ends in /inference.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const fireworks: Adapter = {
  kind: 'fireworks',
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
