// The seam between the model proxy and the translation of one API into another: what a translation
// is given and gives back. It is pure; usage is read from the provider's bytes, beside it.

import type { Api } from './llm-api.ts';

export interface Translation {
  /** What the client speaks. */
  readonly from: Api;
  /** What the provider speaks. */
  readonly to: Api;
  /** A client's whole body as the provider's; what cannot be said there refuses the request. */
  request(
    body: Uint8Array,
    to: TranslationTarget,
  ): TranslatedRequest | { readonly refused: string };
  /** A provider's whole answer as the client's API has it. */
  answer(body: Uint8Array, context: AnswerContext): Buffer;
  /** One for each streamed answer. */
  stream(context: AnswerContext): StreamTranslation;
}

export interface TranslationTarget {
  /** The provider's name for the model. */
  readonly model: string;
  /** The bound on output that was reserved for: the translated body must carry it, or less. */
  readonly outputTokens: number;
  /** Under which key an OpenAI-like provider takes the bound. */
  readonly outputKey: 'max_tokens' | 'max_completion_tokens';
}

export interface TranslatedRequest {
  readonly body: Buffer;
  /** Fields of the client's that the provider has no word for, by path: said in a header. */
  readonly dropped: readonly string[];
}

export interface AnswerContext {
  /** The name the client asked for. */
  readonly model: string;
  readonly requestId: string;
  readonly nowMs: number;
  /** Whether an OpenAI client asked for the count at the end of its stream. */
  readonly includeUsage: boolean;
}

export interface StreamTranslation {
  /** One whole server-sent event of the provider (raw bytes) to the client's events. */
  event(event: Uint8Array): Buffer;
  /** The provider's stream is over, whole or not: what the client's dialect still needs. */
  end(whole: boolean): Buffer;
}

/** Null where no translation between the two exists. */
export type Translations = (from: Api, to: Api) => Translation | null;

const conversations: readonly Api[] = ['messages', 'chat', 'responses', 'generate'];
const targets: Partial<Readonly<Record<Api, readonly Api[]>>> = {
  completions: conversations,
  messages: conversations,
  chat: conversations,
  responses: conversations,
  'count-tokens': ['count-responses', 'count-generate'],
  embeddings: ['embed-cohere', 'embed-voyage'],
};

/** Whether there is one: to plan a call takes no more, and most calls need none. */
export function translates(from: Api, to: Api): boolean {
  return from !== to && targets[from]?.includes(to) === true;
}
