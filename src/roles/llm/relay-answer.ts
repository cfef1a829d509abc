// From the provider's answer to the client's: bytes as they come, or translated event by event,
// while its token count is read beside them; then the settlement.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { SeenUsage } from '../../policy/llm-usage.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import type { Answered } from './attempt.ts';
import type { CacheTurn } from './cache/answer-cache.ts';
import type { CallMoney } from './call-money.ts';
import { answerHeaders, sendBody } from './forward.ts';
import type { House } from './house.ts';
import { type RouteFacts, routeHeaders, setCostHeaders } from './route-headers.ts';
import type { Ticket } from './ticket.ts';
import { frameDecoded, heldBack, translatedAnswer, translatedStream } from './translated.ts';
import { AnswerWatch, type Watch, watchStream } from './watch.ts';

/**
 * Of an answer in one piece that is kept to be counted; the longest are a few hundred kilobytes.
 */
const answerBytesMax = 8 * 1024 * 1024;

export interface RelayFacts extends RouteFacts {
  readonly model: string;
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
  const costs = house.settings.litellmHeaders
    ? (seen: SeenUsage | null) =>
        setCostHeaders(house, ticket, response, answered, money, facts, seen)
    : null;
  const plain = watchOf(house, ticket.requestId, answered, facts);
  const held =
    costs === null || isStream(answered) ? plain : heldBack(plain, costs, answerBytesMax);
  const { cache } = facts;
  const watch = cache === null ? held : cache.over(held);
  const { idleTimeoutMs, lingerMs } = house.settings.limits;
  try {
    const head: OutgoingHttpHeaders = {
      ...answerHeaders(headers),
      ...(translation === null && !isFramed(answered)
        ? {}
        : { 'content-type': contentType(answered) }),
      ...routeHeaders(answered, facts, ticket.requestId),
      ...cache?.headers,
      [requestIdHeader]: ticket.requestId,
    };
    if (costs === null) response.writeHead(answered.status, head);
    else {
      // It goes out with the first byte, which waits until what it cost is known.
      response.statusCode = answered.status;
      response.setHeaders(new Headers(head as Record<string, string>));
      costs(null);
    }
    // An answer in one piece goes out with its head and its end in one write, once it is settled.
    if (!isStream(answered)) response.cork();
    const lingers = isStream(answered) && !stopsWhenLeft(house, answered);
    if (lingers) deadline.linger(lingerMs);
    const sentBody = await sendBody(answered.body, response, watch, idleTimeoutMs, lingers);
    const spent = money.spentNanoUsd;
    money.answered(answered, watch.seen, sentBody.stopped && !lingers);
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
    : new AnswerWatch(api, answerBytesMax);
  const framed = isFramed(answered) ? frameDecoded(plain) : plain;
  if (translation === null) return framed;
  const nowMs = house.world.now();
  const context = { model, requestId, nowMs, includeUsage };
  return isStream(answered)
    ? translatedStream(framed, translation.stream(context))
    : translatedAnswer(framed, (body) => translation.answer(body, context), answerBytesMax);
}

/** Or nobody is paid for what it goes on with. */
function stopsWhenLeft(house: House, { candidate: { id, worst } }: Answered): boolean {
  const place = house.placeOf(id);
  return worst.nanoUsd === 0 || ('adapter' in place && place.adapter.stopsWhenLeft === true);
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
