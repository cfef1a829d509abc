// What llm must know of a provider: which APIs it speaks and at which paths, how a request is
// signed, and where it differs from the makers of its dialect. One file each, mostly data.

import type { Api } from '../../../policy/llm-api.ts';
import type { ProviderKind, ProviderSettings } from '../routing/settings.ts';

export interface Adapter {
  readonly kind: ProviderKind;
  /**
   * The APIs it speaks, the preferred one for translation first, each with its path after the base
   * URL. `{model}` in a path is the model's name, escaped.
   */
  readonly paths: Partial<Readonly<Record<Api, string>>>;
  /** Where the secret goes. `signed`: `sign` makes the headers from the whole request. */
  readonly auth: 'bearer' | 'x-api-key' | 'api-key' | 'x-goog-api-key' | 'none' | 'signed';
  /** Client headers that are its business, besides those every provider gets. */
  readonly forwarded: readonly string[];
  /** Under which key it takes a bound on output that the client did not give. */
  readonly outputKey: 'max_tokens' | 'max_completion_tokens';
  /** Whether `stream_options.include_usage` is understood; else its streams count unasked. */
  readonly takesStreamOptions: boolean;
  /** Overrides `paths` where a path needs more than the model's name. */
  path?(call: PathCall): string;
  /** Another place than the base URL's, where region or project make it. */
  baseUrl?(provider: ProviderSettings): string;
  /** Headers of its own. */
  headers?(provider: ProviderSettings): Readonly<Record<string, string>>;
  /** Changes the body needs besides model and bounds, as top-level members. */
  members?(call: PathCall): MemberChanges;
  sign?(request: ToSign): Readonly<Record<string, string>>;
}

export interface PathCall {
  readonly api: Api;
  readonly provider: ProviderSettings;
  /** The provider's name for the model. */
  readonly model: string;
  readonly stream: boolean;
  /** The client's query, where it has a meaning. */
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
  readonly method: 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly secret: string;
  readonly provider: ProviderSettings;
  readonly nowMs: number;
}
