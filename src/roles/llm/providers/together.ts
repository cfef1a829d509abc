// Together.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const together: Adapter = {
  kind: 'together',
  ...openaiLike,
  paths: {
    chat: apiPaths.chat,
    completions: apiPaths.completions,
    embeddings: apiPaths.embeddings,
  },
};
