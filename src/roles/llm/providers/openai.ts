// OpenAI. Its newer models refuse `max_tokens`, so a bound of ours goes in under the newer name.

import { type Adapter, atTheirPaths, openaiLike } from './adapter.ts';

export const openai: Adapter = {
  kind: 'openai',
  stopsWhenLeft: true,
  ...openaiLike,
  paths: atTheirPaths('chat', 'responses', 'completions', 'embeddings', 'count-responses'),
  outputKey: 'max_completion_tokens',
  headers: ({ options: { organization } }) =>
    organization === null ? {} : { 'openai-organization': organization },
};
