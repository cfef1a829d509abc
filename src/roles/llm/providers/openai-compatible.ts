// Whatever else speaks OpenAI's dialect at a base URL of the user's: vLLM, LM Studio, gateways.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const openaiCompatible: Adapter = {
  kind: 'openai-compatible',
  ...openaiLike,
  paths: {
    chat: apiPaths.chat,
    completions: apiPaths.completions,
    embeddings: apiPaths.embeddings,
    responses: apiPaths.responses,
  },
};
