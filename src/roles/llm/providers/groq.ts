// Groq: OpenAI's dialect below /openai, which its base URL has.

import { apiPaths } from '../../../policy/llm-api.ts';
import { type Adapter, openaiLike } from './adapter.ts';

export const groq: Adapter = {
  kind: 'groq',
  ...openaiLike,
  paths: { chat: apiPaths.chat, responses: apiPaths.responses },
  outputKey: 'max_completion_tokens',
};
