// Together.

import { type Adapter, atTheirPaths, openaiLike } from './adapter.ts';

export const together: Adapter = {
  kind: 'together',
  stopsWhenLeft: true,
  ...openaiLike,
  paths: atTheirPaths('chat', 'completions', 'embeddings'),
};
