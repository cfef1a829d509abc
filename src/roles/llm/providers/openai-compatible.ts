// Whatever else speaks OpenAI's dialect at a base URL of the user's: vLLM, LM Studio, gateways.
// Not all of them have /v1/responses, so that is translated unless `options.apis` says otherwise.

import { type Adapter, atTheirPaths, openaiLike } from './adapter.ts';

export const openaiCompatible: Adapter = {
  kind: 'openai-compatible',
  ...openaiLike,
  paths: atTheirPaths('chat', 'completions', 'embeddings'),
};
