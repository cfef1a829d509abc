// What every dialect says in its own words: a conversation, an answer, and an answer as it streams.
// A translation reads one dialect into these and writes another from them, so that four dialects
// need four readers and four writers and not twelve pairs.

/** Prompt caching asked for by the client: up to and with this part, for so long. */
export type CacheMark = '5m' | '1h';

export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
  readonly cache: CacheMark | null;
}

interface Media {
  /** Either the bytes in base64 with their type, or an address that the provider fetches. */
  readonly source:
    | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
    | { readonly kind: 'url'; readonly url: string };
  readonly name: string | null;
  readonly cache: CacheMark | null;
}

export type MediaPart =
  | (Media & { readonly kind: 'image' })
  | (Media & { readonly kind: 'document' });

export interface CallPart {
  readonly kind: 'call';
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it; it may be broken, and then it stays so. */
  readonly argumentsText: string;
  /** Gemini signs calls and wants the signature back. */
  readonly signature: string | null;
  readonly cache: CacheMark | null;
}

export interface ResultPart {
  readonly kind: 'result';
  readonly id: string;
  readonly parts: readonly (TextPart | MediaPart)[];
  readonly isError: boolean;
  readonly cache: CacheMark | null;
}

export interface ThinkingPart {
  readonly kind: 'thinking';
  readonly text: string;
  /** Without it no provider takes its own thoughts back. */
  readonly signature: string | null;
  /** Thoughts the provider shows to nobody: the signature is all there is. */
  readonly isRedacted: boolean;
}

export type Part = TextPart | MediaPart | CallPart | ResultPart | ThinkingPart;

export interface Turn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly Part[];
}

export interface Tool {
  readonly name: string;
  readonly description: string | null;
  /** JSON Schema of the arguments, as given. */
  readonly schema: unknown;
  readonly strict: boolean | null;
  readonly cache: CacheMark | null;
}

export type ToolChoice =
  | { readonly kind: 'auto' | 'none' | 'required' }
  | { readonly kind: 'one'; readonly name: string };

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof efforts)[number];

export interface Reasoning {
  readonly effort: Effort | null;
  readonly budgetTokens: number | null;
}

export type AnswerFormat =
  | { readonly kind: 'json' }
  | {
      readonly kind: 'schema';
      readonly name: string;
      readonly schema: unknown;
      readonly strict: boolean | null;
    };

export interface Conversation {
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | null;
  readonly parallelCalls: boolean | null;
  readonly stream: boolean;
  /** Whether the client asked for token counts at the end of a stream (chat completions only). */
  readonly countInStream: boolean;
  readonly outputTokensMax: number | null;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly stop: readonly string[];
  readonly reasoning: Reasoning | null;
  readonly format: AnswerFormat | null;
  /** The client's own name for its user. */
  readonly user: string | null;
  readonly seed: number | null;
  readonly presencePenalty: number | null;
  readonly frequencyPenalty: number | null;
}

export type Stop = 'end' | 'length' | 'calls' | 'stop-sequence' | 'refusal' | 'pause';

/** Tokens as the provider counted them. `output` holds the reasoning ones too. */
export interface Counts {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
}

export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly parts: readonly (TextPart | CallPart | ThinkingPart)[];
  readonly stop: Stop;
  readonly stopSequence: string | null;
  readonly counts: Counts | null;
}

/** A part is opened, filled and closed before the next one opens; `end` is the last event. */
export type StreamEvent =
  | {
      readonly kind: 'start';
      readonly id: string;
      readonly model: string;
      readonly counts: Counts | null;
    }
  | { readonly kind: 'open'; readonly part: TextPart | CallPart | ThinkingPart }
  | { readonly kind: 'text' | 'arguments' | 'signature'; readonly text: string }
  | { readonly kind: 'close' }
  | {
      readonly kind: 'end';
      readonly stop: Stop;
      readonly stopSequence: string | null;
      readonly counts: Counts | null;
    }
  | { readonly kind: 'error'; readonly type: string; readonly message: string };

/** Reads a provider's stream: one call for the `data` of each event, one when it has ended. */
export interface StreamReader {
  read(data: string): readonly StreamEvent[];
  end(): readonly StreamEvent[];
}

/** Writes a client's stream: the bytes of server-sent events, as text. */
export interface StreamWriter {
  write(event: StreamEvent): string;
}

export const noCounts: Counts = {
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
};
