// xAI: chat completions, responses, and Anthropic's Messages API, which takes the same bearer key.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const xai: Adapter = {
  kind: 'xai',
  ...openaiLike,
  paths: { chat: apiPaths.chat, responses: apiPaths.responses, messages: apiPaths.messages },
  outputKey: 'max_completion_tokens',
  forwarded: ['anthropic-version', 'anthropic-beta'],
};
