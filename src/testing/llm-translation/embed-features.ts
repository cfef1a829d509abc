// What a client can ask of embeddings, for the table of what each provider's own words keep.

import type { Feature } from './feature.ts';

const embeddings = (more: object) => ({ embeddings: { input: 'hi', ...more } });

export const embedFeatures: readonly Feature[] = [
  { name: 'several texts', requests: embeddings({ input: ['one', 'two'] }) },
  { name: 'a text in tokens', requests: embeddings({ input: [1, 2, 3] }) },
  { name: 'how long the vectors are', requests: embeddings({ dimensions: 256 }) },
  { name: 'vectors in base64', requests: embeddings({ encoding_format: 'base64' }) },
  { name: 'what the texts are for (`input_type`)', requests: embeddings({ input_type: 'query' }) },
  { name: 'the name of the user', requests: embeddings({ user: 'u1' }) },
];
