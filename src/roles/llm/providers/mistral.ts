// Mistral. It counts its streams unasked, and older deployments refuse `stream_options`.

import { type Adapter, atTheirPaths, openaiLike } from './adapter.ts';

export const mistral: Adapter = {
  kind: 'mistral',
  ...openaiLike,
  paths: atTheirPaths('chat', 'embeddings'),
  countsWhenTold: false,
};
