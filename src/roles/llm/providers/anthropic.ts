// Anthropic: the Messages API. Its clients post to `/v1/messages?beta=true`, which it takes.

import { type Adapter, anthropicLike, atTheirPaths } from './adapter.ts';

export const anthropic: Adapter = {
  kind: 'anthropic',
  stopsWhenLeft: true,
  ...anthropicLike,
  paths: atTheirPaths('messages', 'count-tokens'),
  // Without a version it refuses; a client that speaks another API through us sends none.
  headers: () => ({ 'anthropic-version': '2023-06-01' }),
};
