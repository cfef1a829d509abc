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
  /** Gemini: POST /v1beta/models/MODEL:generateContent */
  'generate',
  /** OpenAI: POST /v1/responses/input_tokens; costs nothing */
  'count-responses',
  /** Gemini: POST /v1beta/models/MODEL:countTokens; costs nothing */
  'count-generate',
  /** Cohere: POST /v2/embed */
  'embed-cohere',
  /** Voyage: POST /v1/embeddings, with words of its own */
  'embed-voyage',
] as const;

export type Api = (typeof apis)[number];

/** Those from `generate` on are spoken to providers only: clients' requests are put into them. */
export function isProviderOnly(api: Api): boolean {
  return apis.indexOf(api) >= apis.indexOf('generate');
}

/** Where clients ask, and where makers of the API answer. */
export const apiPaths: Readonly<Record<Api, string>> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  embeddings: '/v1/embeddings',
  messages: '/v1/messages',
  'count-tokens': '/v1/messages/count_tokens',
  generate: '/v1beta/models/{model}:generateContent',
  'count-responses': '/v1/responses/input_tokens',
  'count-generate': '/v1beta/models/{model}:countTokens',
  'embed-cohere': '/v2/embed',
  'embed-voyage': '/v1/embeddings',
};

/** How errors, headers and model lists look to a client. */
export type Dialect = 'anthropic' | 'openai';

export function dialectOf(api: Api): Dialect {
  return api === 'messages' || api === 'count-tokens' ? 'anthropic' : 'openai';
}
