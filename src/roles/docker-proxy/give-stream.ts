// Gives a caller an answer as it comes: logs that follow, statistics, the wait for an end. Neither
// side is read faster than the other takes it, and each going away closes the other.

import { chunkOf, endOfChunks, headText } from '../../net/http1/write-answer.ts';
import type { Reason } from '../../policy/reasons.ts';
import { answerHeaders } from './answer-headers.ts';
import type { StreamAnswer } from './ask-daemon.ts';
import { type Exchange, record } from './exchange.ts';

/** What becomes of a piece; null leaves it out. Pieces are lent. */
export type Shape = (bytes: Buffer) => Buffer | null;

/** Resolves to whether the connection may carry another request. */
export function giveStream(
  exchange: Exchange,
  answer: StreamAnswer,
  shape: Shape = (bytes) => bytes,
): Promise<boolean> {
  const { context, client, requestId } = exchange;
  const { streamIdleTimeoutMs, streamAgeMs } = context.settings.limits;
  const { status } = answer.head;
  const headers = answerHeaders(answer.head.headers, requestId);
  const bodiless = status === 204 || status === 304;
  client.write(headText(status, bodiless ? headers : [...headers, 'Transfer-Encoding', 'chunked']));
  let bytesOut = 0;
  return new Promise((resolve) => {
    const finish = (end: 'closed' | 'broken' | Reason) => {
      clearTimeout(idle);
      clearTimeout(age);
      client.off('drain', onDrain);
      exchange.abandon = null;
      record(exchange, 'allowed', { status, bytesOut, end });
      if (end !== 'closed') {
        answer.abandon();
        // Without the last chunk the client sees that it was not whole.
        client.destroy();
      }
      resolve(end === 'closed');
    };
    const idle = setTimeout(finish, streamIdleTimeoutMs, 'docker-stream-idle');
    const age = setTimeout(finish, streamAgeMs, 'docker-stream-too-old');
    const onDrain = () => answer.resume();
    client.on('drain', onDrain);
    exchange.abandon = () => {
      finish(exchange.disturbed === 'pipelined' ? 'request-malformed' : 'client-gone');
    };
    if (exchange.disturbed !== null) return exchange.abandon();
    answer.into({
      data(bytes) {
        idle.refresh();
        const shaped = shape(bytes);
        if (shaped === null || shaped.length === 0) return true;
        bytesOut += shaped.length;
        return client.write(chunkOf(shaped));
      },
      end() {
        if (!bodiless) client.write(endOfChunks());
        finish('closed');
      },
      broken: () => finish('broken'),
    });
  });
}
