// What llm must know of a provider: which APIs it speaks and at which paths, how a request is
// signed, and where it differs from the makers of its dialect. One file each, mostly data.

import { type Api, apiPaths } from '../../../policy/llm-api.ts';
import type { ProviderKind, ProviderSettings } from '../routing/settings.ts';

export interface Adapter {
  readonly kind: ProviderKind;
  /**
   * The APIs it speaks, the preferred one for translation first, each with its path after the base
   * URL. `{model}` stands for the model's name, escaped.
   */
  readonly paths: Partial<Readonly<Record<Api, string>>>;
  readonly auth: Auth;
  /** Where it depends on the API. */
  readonly authFor?: (api: Api) => Auth;
  /** Client headers that are its business, besides those every provider gets. */
  readonly forwarded: readonly string[];
  /** Under which key it takes a bound on output that the client did not give. */
  readonly outputKey: 'max_tokens' | 'max_completion_tokens';
  /** Whether a stream must be told to count, and knows `stream_options`. */
  readonly countsWhenTold: boolean;
  /** Where it depends on the model. */
  readonly speaks?: (model: string) => readonly Api[];
  /** In place of `paths`, where a path needs more than the model's name. */
  readonly path?: (call: PathCall) => string;
  /** Headers of its own. */
  readonly headers?: (provider: ProviderSettings) => Readonly<Record<string, string>>;
  /** Changes the body needs besides model and bounds. */
  readonly members?: (call: PathCall) => MemberChanges;
  readonly sign?: (request: ToSign) => Readonly<Record<string, string>>;
  /**
   * It stops a stream, and its bill, when the connection is closed. All others are taken to go on,
   * as OpenRouter's page on stream cancellation says of most of the rest.
   */
  readonly stopsWhenLeft?: true;
  /** A server of one's own: what has no price of its own costs nothing. */
  readonly billsNobody?: true;
  /** Streams come in frames of its own, not as server-sent events. */
  readonly framing?: 'aws-event-stream';
}

/** Where the secret goes. `signed`: `sign` makes the headers from the whole request. */
export type Auth = 'bearer' | 'x-api-key' | 'api-key' | 'x-goog-api-key' | 'signed';

export interface PathCall {
  readonly api: Api;
  readonly provider: ProviderSettings;
  /** The provider's name for the model. */
  readonly model: string;
  readonly stream: boolean;
  /** The client's query, where it has a meaning there. */
  readonly search: string;
}

export interface MemberChanges {
  /** Top-level members taken out of the body. */
  readonly remove: readonly string[];
  /** Put in where the client has not given them; values are JSON text. */
  readonly add: Readonly<Record<string, string>>;
}

/** `body` is what is sent; `secret` the value of the provider's key. */
export interface ToSign {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly secret: string;
  readonly provider: ProviderSettings;
  readonly nowMs: number;
}

/** These APIs, each at the path that its makers gave it. */
export function atTheirPaths(...apis: readonly Api[]): Adapter['paths'] {
  return Object.fromEntries(apis.map((api) => [api, apiPaths[api]]));
}

/** What most servers of OpenAI's dialect have in common. */
export const openaiLike = {
  auth: 'bearer',
  forwarded: ['openai-beta'],
  outputKey: 'max_tokens',
  countsWhenTold: true,
} as const satisfies Partial<Adapter>;

/** Those that speak the APIs of both makers. */
export const bothLike = {
  ...openaiLike,
  paths: atTheirPaths('chat', 'messages', 'responses', 'completions', 'embeddings'),
  forwarded: ['anthropic-version', 'anthropic-beta'],
} as const satisfies Partial<Adapter>;

/** And those of Anthropic's. */
export const anthropicLike = {
  auth: 'x-api-key',
  forwarded: ['anthropic-version', 'anthropic-beta'],
  outputKey: 'max_tokens',
  countsWhenTold: false,
} as const satisfies Partial<Adapter>;
