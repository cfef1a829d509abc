// Cerebras.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const cerebras: Adapter = {
  kind: 'cerebras',
  ...openaiLike,
  paths: { chat: apiPaths.chat, completions: apiPaths.completions },
  outputKey: 'max_completion_tokens',
};
