// From the provider's answer to the client's: bytes as they come, or translated event by event,
// while its token count is read beside them; then the settlement.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { requestIdHeader } from '../../telemetry/names.ts';
import type { Answered } from './attempt.ts';
import type { CacheTurn } from './cache/answer-cache.ts';
import type { CallMoney } from './call-money.ts';
import { answerHeaders, sendBody } from './forward.ts';
import type { House } from './house.ts';
import type { Ticket } from './ticket.ts';
import { frameDecoded, translatedAnswer, translatedStream } from './translated.ts';
import { type Watch, watchAnswer, watchStream } from './watch.ts';

/**
 * Of an answer in one piece that is kept to be counted; the longest are a few hundred kilobytes.
 */
const answerBytesMax = 8 * 1024 * 1024;

export interface RelayFacts {
  readonly model: string;
  readonly retries: number;
  readonly fallbacks: number;
  /** Whether an OpenAI client asked for the count at the end of its stream. */
  readonly includeUsage: boolean;
  /** What keeps the answer for others; null: nothing does. */
  readonly cache: CacheTurn | null;
}

/** The id by which a later request may go on from this answer; null where there is none. */
export async function relayAnswer(
  house: House,
  ticket: Ticket,
  response: ServerResponse,
  answered: Answered,
  money: CallMoney,
  facts: RelayFacts,
): Promise<string | null> {
  const { candidate, firstByteMs, deadline, headers, sent, translation } = answered;
  ticket.note({ status: answered.status, firstByteMs, tunnel: answered.tunnel });
  if (sent.marked) ticket.note({ cacheMarked: true });
  if (translation !== null) ticket.note({ translated: `${translation.from}>${translation.to}` });
  const { provider, group } = candidate;
  house.meter.firstByte({ model: group, provider }, firstByteMs);
  const { cache } = facts;
  const relayed = watchOf(house, ticket.requestId, answered, facts);
  const watch = cache === null ? relayed : cache.over(relayed);
  const { idleTimeoutMs } = house.settings.limits;
  try {
    const head: OutgoingHttpHeaders = {
      ...answerHeaders(headers),
      ...(translation === null && !isFramed(answered)
        ? {}
        : { 'content-type': contentType(answered) }),
      ...routeHeaders(answered, facts),
      ...cache?.headers,
      [requestIdHeader]: ticket.requestId,
      'x-litellm-call-id': ticket.requestId,
    };
    response.writeHead(answered.status, head);
    // An answer in one piece goes out with its head and its end in one write, once it is settled.
    if (!isStream(answered)) response.cork();
    const sentBody = await sendBody(answered.body, response, watch, idleTimeoutMs);
    const spent = money.spentNanoUsd;
    money.answered(answered, watch.seen);
    cache?.answered({
      ...answered,
      whole: sentBody.reason === 'allowed' && sentBody.ended,
      contentType: String(head['content-type']),
      costNanoUsd: watch.seen?.final === true ? money.spentNanoUsd - spent : null,
    });
    ticket.carried(0, sentBody.bytes);
    const isLate = sentBody.reason === 'answer-broken' && deadline.expired !== null;
    ticket.outcome('allow', isLate ? 'provider-timeout' : sentBody.reason);
    if (!sentBody.ended) response.destroy();
    return watch.responseId;
  } finally {
    deadline.end();
    const usage = watch.seen?.usage;
    house.live.ended(candidate.id, usage === undefined ? 0 : usage.input + usage.output);
  }
}

/** What goes to the client of an answer, and what is counted of it. */
export function watchOf(
  house: House,
  requestId: string,
  { candidate, sent, translation, ...answered }: Answered,
  { model, includeUsage }: Pick<RelayFacts, 'model' | 'includeUsage'>,
): Watch {
  const { api } = candidate;
  const plain = isStream(answered)
    ? watchStream(api, sent.countUnasked && translation === null)
    : watchAnswer(api, answerBytesMax);
  const framed = isFramed(answered) ? frameDecoded(plain) : plain;
  if (translation === null) return framed;
  const nowMs = house.world.now();
  const context = { model, requestId, nowMs, includeUsage };
  return isStream(answered)
    ? translatedStream(framed, translation.stream(context))
    : translatedAnswer(framed, (body) => translation.answer(body, context), answerBytesMax);
}

const awsStream = 'application/vnd.amazon.eventstream';

function isStream({ headers }: Pick<Answered, 'headers'>): boolean {
  const type = String(headers['content-type']);
  return type.startsWith('text/event-stream') || type === awsStream;
}

function isFramed({ headers }: Pick<Answered, 'headers'>): boolean {
  return headers['content-type'] === awsStream;
}

function contentType(answered: Answered): string {
  return isStream(answered) ? 'text/event-stream' : 'application/json';
}

/** Which way the call went; names that LiteLLM's users know stand beside our own. */
function routeHeaders(
  { candidate, sent, translation }: Answered,
  { retries, fallbacks }: RelayFacts,
): OutgoingHttpHeaders {
  return {
    'x-clincher-deployment': plainText(candidate.id),
    'x-litellm-model-id': plainText(candidate.id),
    'x-litellm-model-group': plainText(candidate.group),
    'x-litellm-attempted-retries': String(retries),
    'x-litellm-attempted-fallbacks': String(fallbacks),
    ...(translation === null
      ? {}
      : { 'x-clincher-translated': `${translation.from}, ${translation.to}` }),
    ...(sent.dropped.length === 0
      ? {}
      : { 'x-clincher-dropped': plainText(sent.dropped.join(', ')) }),
  };
}

/** Names and paths are whatever settings and clients say; a header takes printable ASCII. */
function plainText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
