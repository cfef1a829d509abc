// Whatever else speaks OpenAI's dialect at a base URL of the user's: vLLM, LM Studio, gateways.
// Not all of them have /v1/responses, so that is translated unless `options.apis` says otherwise.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const openaiCompatible: Adapter = {
  kind: 'openai-compatible',
  ...openaiLike,
  paths: {
    chat: apiPaths.chat,
    completions: apiPaths.completions,
    embeddings: apiPaths.embeddings,
  },
};
