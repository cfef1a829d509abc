// xAI: chat completions, responses, and Anthropic's Messages API, which takes the same bearer key.

import { type Adapter, atTheirPaths, openaiLike } from './adapter.ts';

export const xai: Adapter = {
  kind: 'xai',
  stopsWhenLeft: true,
  ...openaiLike,
  paths: atTheirPaths('chat', 'responses', 'messages'),
  outputKey: 'max_completion_tokens',
  forwarded: ['anthropic-version', 'anthropic-beta'],
};
