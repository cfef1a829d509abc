// DeepSeek: chat completions, and Anthropic's Messages API below /anthropic.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const deepseek: Adapter = {
  kind: 'deepseek',
  stopsWhenLeft: true,
  ...openaiLike,
  paths: { chat: apiPaths.chat, messages: `/anthropic${apiPaths.messages}` },
  forwarded: ['anthropic-version', 'anthropic-beta'],
};
