// Voyage: embeddings, in OpenAI's shape.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const voyage: Adapter = {
  kind: 'voyage',
  ...openaiLike,
  paths: { embeddings: apiPaths.embeddings },
  forwarded: [],
};
