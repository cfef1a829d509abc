// Groq: OpenAI's dialect below /openai, which its base URL has.

import { type Adapter, atTheirPaths, openaiLike } from './adapter.ts';

export const groq: Adapter = {
  kind: 'groq',
  ...openaiLike,
  paths: atTheirPaths('chat', 'responses'),
  outputKey: 'max_completion_tokens',
};
