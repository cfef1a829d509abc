// Ollama: OpenAI's dialect and Anthropic's Messages API, from version 0.14 on; no key.

import { type Adapter, atTheirPaths, openaiLike } from './adapter.ts';

export const ollama: Adapter = {
  kind: 'ollama',
  ...openaiLike,
  paths: atTheirPaths('chat', 'completions', 'embeddings', 'messages'),
  billsNobody: true,
  forwarded: ['anthropic-version', 'anthropic-beta'],
};
