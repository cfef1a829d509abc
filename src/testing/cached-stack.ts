// A model proxy with a cache, and a provider that answers each question in the same words: what the
// tests of the cache ask, and what they look at.

import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { after, before, beforeEach } from 'node:test';
import { metricNames } from '../telemetry/names.ts';
import type { ReceivedRequest, TestProvider } from './provider.ts';
import { type LlmStack, type StackChoices, startLlmStack, virtualKey } from './provider-stack.ts';

export interface CachedAsk {
  readonly path?: string;
  readonly key?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of the body beside those of a plain request. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

export interface CachedReply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** What the cache did, as the header has it. */
  readonly did: string;
  /** `cut` where the connection was lost on the way. */
  readonly answer: string;
}

export function startCachedStack(
  cache: Readonly<Record<string, unknown>>,
  choices: StackChoices = {},
): Promise<LlmStack> {
  return startLlmStack({
    ...choices,
    settings: (input) => {
      const more = choices.settings?.(input) ?? input;
      return { ...more, cache: { mode: 'exact', ...cache } };
    },
  });
}

export interface KeptStack {
  readonly stack: LlmStack;
  readonly ask: (text: string, more?: CachedAsk) => Promise<CachedReply>;
  /** Requests that had gone to the provider before this test. */
  readonly asked: number;
}

/** One stack for all tests of a file; its provider says `of TEXT` until a test says otherwise. */
export function keepCachedStack(): KeptStack {
  let stack: LlmStack;
  let asked = 0;
  before(async () => {
    stack = await startCachedStack({});
  });
  beforeEach(() => {
    answering(stack.provider, (text) => `of ${text}`);
    asked = stack.provider.requests.length;
  });
  after(() => stack[Symbol.asyncDispose]());
  return {
    get stack() {
      return stack;
    },
    get asked() {
      return asked;
    },
    ask: (text, more) => askCached(stack, text, more),
  };
}

/** A question to the OpenAI-like model; rejects where the connection is lost before an answer. */
export async function askCached(
  stack: Pick<LlmStack, 'url'>,
  text: string,
  { path = '/v1/chat/completions', key = virtualKey, ...ask }: CachedAsk = {},
): Promise<CachedReply> {
  const headers = { authorization: `Bearer ${key}`, ...ask.headers };
  const body = { model: 'mini', messages: [{ role: 'user', content: text }], ...ask.body };
  const request = httpRequest(`${ask.url ?? stack.url}${path}`, {
    ...{ method: 'POST', headers },
    ...(ask.signal === undefined ? {} : { signal: ask.signal }),
  });
  request.end(JSON.stringify(body));
  const [response] = await once(request, 'response');
  const answer: string = await textOf(response).catch(() => 'cut');
  const did = String(response.headers['x-clincher-cache'] ?? '');
  return { status: response.statusCode, headers: response.headers, did, answer };
}

/** The last text of the user in a request that came to the provider. */
export function askedText({ body }: ReceivedRequest): string {
  const said = JSON.parse(body.toString()).messages.at(-1).content;
  return typeof said === 'string' ? said : said.at(-1).text;
}

/** An answer of chat completions, whole or as a stream. */
export function chatAnswer(text: string, stream = false, more: object = {}): string {
  const usage = { prompt_tokens: 100, completion_tokens: 10 };
  const head = { id: 'chatcmpl-1', created: 1, model: 'gpt-real-1' };
  if (!stream) {
    const message = { role: 'assistant', content: text };
    const choices = [{ index: 0, message, finish_reason: 'stop', ...more }];
    return JSON.stringify({ ...head, object: 'chat.completion', choices, usage });
  }
  const event = (rest: object) =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...rest })}\n\n`;
  const words = text.split(/(?= )/).map((content) => ({ index: 0, delta: { content } }));
  return [
    ...words.map((choice) => event({ choices: [{ ...choice, finish_reason: null }] })),
    event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop', ...more }] }),
    event({ choices: [], usage }),
    'data: [DONE]\n\n',
  ].join('');
}

/** The provider says `say` of each question, as a stream where one is asked for. */
export function answering(provider: TestProvider, say: (text: string) => string): void {
  provider.respond = (received, response) => {
    const isStream = JSON.parse(received.body.toString()).stream === true;
    const type = isStream ? 'text/event-stream' : 'application/json';
    response.writeHead(200, { 'content-type': type });
    response.end(chatAnswer(say(askedText(received)), isStream));
  };
}

/** Comparisons that were made, as the metrics have it: `shadow yes`, `explore no` and so on. */
export async function checksOf(stack: LlmStack): Promise<Readonly<Record<string, number>>> {
  const metric = await stack.telemetry.metrics.getSingleMetric(metricNames.cacheChecks)?.get();
  const values = metric?.values ?? [];
  return Object.fromEntries(
    values.map(({ labels, value }) => [`${labels.kind} ${labels.right}`, value]),
  );
}

/** The comparisons that nobody waits for are made. */
export async function checked(stack: LlmStack, kind: string, count: number): Promise<void> {
  for (;;) {
    const made = await checksOf(stack);
    if ((made[`${kind} yes`] ?? 0) + (made[`${kind} no`] ?? 0) >= count) return;
    await new Promise((next) => setImmediate(next));
  }
}
