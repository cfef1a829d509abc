// A provider that keeps an invoice: it does what each request tells it to do, well or badly, and
// bills what it did, by prices of its own. What it has billed is the truth that the ledger is held
// against.

import type { ServerResponse } from 'node:http';
import { type ReceivedRequest, startProvider, type TestProvider } from '../provider.ts';
import type { Chance } from './chance.ts';

/** What is billed for, whether the answer arrives or not. */
export const behaviours = [
  ...['answer', 'slow', 'stream', 'uncounted', 'cut', 'stream-cut', 'hang', 'reset'],
  ...['error-400', 'error-429', 'error-500', 'error-502', 'error-529'],
] as const;
export type Behaviour = (typeof behaviours)[number];

export interface InvoiceLine {
  readonly requestId: string;
  readonly provider: string;
  readonly nanoUsd: number;
  readonly behaviour: Behaviour;
}

export interface Prices {
  readonly inputNanoUsd: number;
  readonly outputNanoUsd: number;
  readonly cacheReadNanoUsd: number;
  readonly cacheWriteNanoUsd: number;
  readonly cacheWrite1hNanoUsd: number;
  readonly webSearchNanoUsd: number;
  /** Of text that one search brings along, at most. */
  readonly useTokensMax: number;
}

interface Usage {
  readonly input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_creation: { readonly ephemeral_1h_input_tokens: number };
  readonly output_tokens: number;
  readonly server_tool_use: { readonly web_search_requests: number };
}

export interface BillingProvider extends AsyncDisposable {
  readonly port: number;
  readonly invoice: readonly InvoiceLine[];
}

/** `stops`: a stream that nobody reads any more is not gone on with, and not billed further. */
export interface ProviderManners {
  readonly name: string;
  readonly prices: Prices;
  readonly stops: boolean;
}

/** Of one provider; `plan` says what the first, second ... attempt of a request meets. */
export async function startBilling(
  { name, prices, stops }: ProviderManners,
  chance: Chance,
): Promise<BillingProvider> {
  const provider: TestProvider = await startProvider([], { tls: false });
  const invoice: InvoiceLine[] = [];
  const attempts = new Map<string, number>();
  provider.respond = (request, response) => {
    const requestId = String(request.headers['x-request-id']);
    const attempt = attempts.get(requestId) ?? 0;
    attempts.set(requestId, attempt + 1);
    const asked = askedIn(request);
    const behaviour = asked.plan[Math.min(attempt, asked.plan.length - 1)] ?? 'answer';
    const usage = usageOf(asked, prices, chance);
    const bill = (of: Usage) =>
      invoice.push({ requestId, provider: name, nanoUsd: costOf(of, prices), behaviour });
    const work = { response, usage, bill, pauseMs: chance.whole(1, 30) };
    // Made beforehand: what comes between the answers must not change the chances.
    const late = stops ? { thinks: asked.thinks, underWay: chance.whole(0, 300) } : null;
    meet(behaviour, work, late);
  };
  return {
    port: provider.port,
    invoice,
    [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
  };
}

interface Asked {
  readonly plan: readonly Behaviour[];
  readonly bytes: number;
  readonly outputMax: number;
  readonly searchesMax: number;
  readonly writesForAnHour: boolean;
  readonly thinks: boolean;
}

function askedIn({ body }: ReceivedRequest): Asked {
  const { messages, max_tokens, tools = [], thinking } = JSON.parse(body.toString('utf8'));
  return {
    plan: JSON.parse(messages[0].content).plan,
    bytes: body.length,
    outputMax: Number(max_tokens),
    searchesMax: tools[0]?.max_uses ?? 0,
    writesForAnHour: body.includes('"ttl":"1h"'),
    thinks: thinking !== undefined,
  };
}

/** Within what a request of its size can come to: a byte of text is a token at most. */
function usageOf(asked: Asked, { useTokensMax }: Prices, chance: Chance): Usage {
  const searches = chance.whole(0, asked.searchesMax);
  // Each search is followed by another reading of all that there is by then.
  const all = asked.bytes + searches * useTokensMax;
  const input = chance.whole(1, all * (searches + 1));
  const read = chance.whole(0, Math.floor(input / 2));
  const written = chance.whole(0, input - read);
  const hour = asked.writesForAnHour ? chance.whole(0, written) : 0;
  return {
    input_tokens: input - read - written,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
    cache_creation: { ephemeral_1h_input_tokens: hour },
    output_tokens: chance.whole(0, asked.outputMax),
    server_tool_use: { web_search_requests: searches },
  };
}

function costOf(usage: Usage, prices: Prices): number {
  const hour = usage.cache_creation.ephemeral_1h_input_tokens;
  return (
    usage.input_tokens * prices.inputNanoUsd +
    usage.cache_read_input_tokens * prices.cacheReadNanoUsd +
    (usage.cache_creation_input_tokens - hour) * prices.cacheWriteNanoUsd +
    hour * prices.cacheWrite1hNanoUsd +
    usage.output_tokens * prices.outputNanoUsd +
    usage.server_tool_use.web_search_requests * prices.webSearchNanoUsd
  );
}

interface Work {
  readonly response: ServerResponse;
  readonly usage: Usage;
  readonly bill: (usage: Usage) => void;
  readonly pauseMs: number;
}

/** Of a provider that stops: whether it thinks unseen, and what it makes before it has noticed. */
type Late = { readonly thinks: boolean; readonly underWay: number } | null;

function meet(behaviour: Behaviour, work: Work, late: Late): void {
  const { response, usage, bill, pauseMs } = work;
  const error = /^error-(\d+)$/.exec(behaviour)?.[1];
  if (error !== undefined) {
    // A gateway's error says nothing of whether the work behind it was done: here it was.
    if (error === '502') bill(usage);
    const retry = error === '429' ? { 'retry-after': '0' } : {};
    const body = { type: 'error', error: { type: 'api_error', message: 'as asked' } };
    response.writeHead(Number(error), { 'content-type': 'application/json', ...retry });
    response.end(JSON.stringify(body));
    return;
  }
  const isStream = behaviour === 'stream' || behaviour === 'stream-cut';
  if (isStream && late !== null) return void stream(work, behaviour === 'stream-cut', late);
  bill(usage);
  const json = { 'content-type': 'application/json' };
  if (behaviour === 'hang') return;
  if (behaviour === 'reset') return void response.destroy();
  if (isStream) return void stream(work, behaviour === 'stream-cut', null);
  const answer = { type: 'message', content: [{ type: 'text', text: 'ok' }] };
  const text = JSON.stringify(behaviour === 'uncounted' ? answer : { ...answer, usage });
  if (behaviour === 'cut') {
    response.writeHead(200, { ...json, 'content-length': text.length });
    response.write(text.slice(0, 10), () => response.destroy());
    return;
  }
  setTimeout(() => response.writeHead(200, json).end(text), behaviour === 'slow' ? pauseMs : 0);
}

/** So many that two of the longest answer's, unread when the call is ended, are few tokens. */
const parts = 12;

/** With `late`, it is billed at its end, or when it was left. */
async function stream(work: Work, isCut: boolean, late: Late): Promise<void> {
  const { response, usage, bill, pauseMs } = work;
  const send = (type: string, rest: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  // Before its searches it has read less.
  const searched = usage.server_tool_use.web_search_requests > 0;
  const first = searched ? { ...usage, input_tokens: 1 } : usage;
  send('message_start', { message: { usage: { ...first, output_tokens: 1 } } });
  let made = 0;
  for (let part = 0; part < parts; part++) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs / parts));
    if (response.destroyed) break;
    const tokens = Math.floor(usage.output_tokens / parts);
    // A token is a byte at least; of thoughts there is nothing to be seen.
    const text = 'x'.repeat(late?.thinks === true ? 2 : tokens);
    send('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
    made += tokens;
  }
  if (response.destroyed) {
    if (late === null) return;
    const output = Math.min(usage.output_tokens, made + late.underWay);
    return bill({ ...usage, output_tokens: output });
  }
  if (late !== null) bill(usage);
  if (isCut) return void response.destroy();
  send('message_delta', { delta: { stop_reason: 'end_turn' }, usage });
  send('message_stop', {});
  response.end();
}
