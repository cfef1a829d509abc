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
}

interface Usage {
  readonly input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly output_tokens: number;
}

export interface BillingProvider extends AsyncDisposable {
  readonly port: number;
  readonly invoice: readonly InvoiceLine[];
}

/** Of one provider; `plan` says what the first, second ... attempt of a request meets. */
export async function startBilling(
  name: string,
  prices: Prices,
  chance: Chance,
): Promise<BillingProvider> {
  const provider: TestProvider = await startProvider([], { tls: false });
  const invoice: InvoiceLine[] = [];
  const attempts = new Map<string, number>();
  provider.respond = (request, response) => {
    const requestId = String(request.headers['x-request-id']);
    const attempt = attempts.get(requestId) ?? 0;
    attempts.set(requestId, attempt + 1);
    const { plan, outputMax } = planIn(request);
    const behaviour = plan[Math.min(attempt, plan.length - 1)] ?? 'answer';
    const usage = usageOf(request, outputMax, chance);
    const bill = () =>
      invoice.push({ requestId, provider: name, nanoUsd: costOf(usage, prices), behaviour });
    meet(behaviour, response, usage, bill, chance.whole(1, 30));
  };
  return {
    port: provider.port,
    invoice,
    [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
  };
}

function planIn({ body }: ReceivedRequest) {
  const { messages, max_tokens } = JSON.parse(body.toString('utf8'));
  const plan = JSON.parse(messages[0].content).plan as readonly Behaviour[];
  return { plan, outputMax: Number(max_tokens) };
}

/** Within what a request of its size can come to: a byte of text is a token at most. */
function usageOf({ body }: ReceivedRequest, outputMax: number, chance: Chance): Usage {
  const input = chance.whole(1, body.length);
  const read = chance.whole(0, Math.floor(input / 2));
  const written = chance.whole(0, input - read);
  return {
    input_tokens: input - read - written,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
    output_tokens: chance.whole(0, outputMax),
  };
}

function costOf(usage: Usage, prices: Prices): number {
  return (
    usage.input_tokens * prices.inputNanoUsd +
    usage.cache_read_input_tokens * prices.cacheReadNanoUsd +
    usage.cache_creation_input_tokens * prices.cacheWriteNanoUsd +
    usage.output_tokens * prices.outputNanoUsd
  );
}

function meet(
  behaviour: Behaviour,
  response: ServerResponse,
  usage: Usage,
  bill: () => void,
  pauseMs: number,
): void {
  const error = /^error-(\d+)$/.exec(behaviour)?.[1];
  if (error !== undefined) {
    // A gateway's error says nothing of whether the work behind it was done: here it was.
    if (error === '502') bill();
    const retry = error === '429' ? { 'retry-after': '0' } : {};
    const body = { type: 'error', error: { type: 'api_error', message: 'as asked' } };
    response.writeHead(Number(error), { 'content-type': 'application/json', ...retry });
    response.end(JSON.stringify(body));
    return;
  }
  bill();
  const json = { 'content-type': 'application/json' };
  if (behaviour === 'hang') return;
  if (behaviour === 'reset') return void response.destroy();
  if (behaviour === 'stream' || behaviour === 'stream-cut') {
    return void stream(response, usage, pauseMs, behaviour === 'stream-cut');
  }
  const answer = { type: 'message', content: [{ type: 'text', text: 'ok' }] };
  const text = JSON.stringify(behaviour === 'uncounted' ? answer : { ...answer, usage });
  if (behaviour === 'cut') {
    response.writeHead(200, { ...json, 'content-length': text.length });
    response.write(text.slice(0, 10), () => response.destroy());
    return;
  }
  setTimeout(() => response.writeHead(200, json).end(text), behaviour === 'slow' ? pauseMs : 0);
}

async function stream(
  response: ServerResponse,
  usage: Usage,
  pauseMs: number,
  isCut: boolean,
): Promise<void> {
  const send = (type: string, rest: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  send('message_start', { message: { usage: { ...usage, output_tokens: 1 } } });
  for (const text of ['one', 'two', 'three']) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs / 3));
    if (response.destroyed) return;
    send('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
  }
  if (isCut) return void response.destroy();
  send('message_delta', { delta: { stop_reason: 'end_turn' }, usage });
  send('message_stop', {});
  response.end();
}
