// Cerebras.

import { type Adapter, atTheirPaths, openaiLike } from './adapter.ts';

export const cerebras: Adapter = {
  kind: 'cerebras',
  ...openaiLike,
  paths: atTheirPaths('chat', 'completions'),
  outputKey: 'max_completion_tokens',
};
