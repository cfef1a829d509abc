// The APIs that models are asked in, by the shape of their bodies. A body goes through untouched
// where the client and the provider speak the same one, and is translated where they do not.

export const apis = [
  /** OpenAI: POST /v1/chat/completions */
  'chat',
  /** OpenAI: POST /v1/completions */
  'completions',
  /** OpenAI: POST /v1/responses */
  'responses',
  /** OpenAI: POST /v1/embeddings */
  'embeddings',
  /** Anthropic: POST /v1/messages */
  'messages',
  /** Anthropic: POST /v1/messages/count_tokens; costs nothing */
  'count-tokens',
  /** Gemini: POST /v1beta/models/MODEL:generateContent; spoken to providers only */
  'generate',
] as const;

export type Api = (typeof apis)[number];

/** Where clients ask, and where makers of the API answer. */
export const apiPaths: Readonly<Record<Api, string>> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  embeddings: '/v1/embeddings',
  messages: '/v1/messages',
  'count-tokens': '/v1/messages/count_tokens',
  generate: '/v1beta/models/{model}:generateContent',
};

/** How errors, headers and model lists look to a client. */
export type Dialect = 'anthropic' | 'openai';

export function dialectOf(api: Api): Dialect {
  return api === 'messages' || api === 'count-tokens' ? 'anthropic' : 'openai';
}
