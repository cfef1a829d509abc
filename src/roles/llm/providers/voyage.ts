// Voyage: embeddings, nearly in OpenAI's shape.

import { type Adapter, atTheirPaths, openaiLike } from './adapter.ts';

export const voyage: Adapter = {
  kind: 'voyage',
  ...openaiLike,
  paths: atTheirPaths('embed-voyage'),
  forwarded: [],
};
