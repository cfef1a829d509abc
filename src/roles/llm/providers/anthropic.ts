// Anthropic: the Messages API. Its clients post to `/v1/messages?beta=true`, which it takes.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, anthropicLike } from './adapter.ts';

export const anthropic: Adapter = {
  kind: 'anthropic',
  ...anthropicLike,
  paths: { messages: apiPaths.messages, 'count-tokens': apiPaths['count-tokens'] },
  // Without a version it refuses; a client that speaks another API through us sends none.
  headers: () => ({ 'anthropic-version': '2023-06-01' }),
};
