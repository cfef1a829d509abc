// OpenAI. Its newer models refuse `max_tokens`, so a bound of ours goes in under the newer name.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const openai: Adapter = {
  kind: 'openai',
  ...openaiLike,
  paths: {
    chat: apiPaths.chat,
    responses: apiPaths.responses,
    completions: apiPaths.completions,
    embeddings: apiPaths.embeddings,
  },
  outputKey: 'max_completion_tokens',
  headers: ({ options: { organization } }) =>
    organization === null ? {} : { 'openai-organization': organization },
};
