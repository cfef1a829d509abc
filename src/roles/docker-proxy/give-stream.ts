// Gives a caller an answer as it comes: logs that follow, statistics, the wait for an end. Neither
// side is read faster than the other takes it, and each going away closes the other.

import type { AnswerHead } from '../../net/http1/answer-head.ts';
import { onlyValue } from '../../net/http1/header-lines.ts';
import { chunkOf, endOfChunks, headText } from '../../net/http1/write-answer.ts';
import type { Call } from '../../policy/docker/model.ts';
import type { Reason } from '../../policy/reasons.ts';
import { answerHeaders } from './answer-headers.ts';
import type { StreamAnswer } from './body-port.ts';
import { type Exchange, record } from './exchange.ts';

/** What becomes of a piece; null leaves it out. Pieces are lent. */
export type Shape = (bytes: Buffer) => Buffer | null;

/** Resolves to whether the connection may carry another request. */
export function giveStream(
  exchange: Exchange,
  answer: StreamAnswer,
  call: Call,
  shape: Shape | null = null,
): Promise<boolean> {
  const { context, client, requestId } = exchange;
  const { streamIdleTimeoutMs, streamAgeMs } = context.settings.limits;
  const { status } = answer.head;
  const framing = framingOf(answer.head, call.method, shape !== null);
  const headers = [...answerHeaders(answer.head.headers, requestId), ...framing.headers];
  client.write(headText(status, headers));
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
    // Whoever waits for an end or for events is told nothing for as long as nothing happens.
    const idleMs = quietCalls.has(call.operation) ? streamAgeMs : streamIdleTimeoutMs;
    const idle = setTimeout(finish, idleMs, 'docker-stream-idle');
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
        const shaped = shape === null ? bytes : shape(bytes);
        if (shaped === null || shaped.length === 0) return true;
        bytesOut += shaped.length;
        // A copy: what is lent is overwritten before it has left.
        return client.write(framing.chunked ? chunkOf(shaped) : Buffer.from(shaped));
      },
      end() {
        if (framing.chunked) client.write(endOfChunks());
        finish('closed');
      },
      broken: () => finish('broken'),
    });
  });
}

const quietCalls: ReadonlySet<string> = new Set(['ContainerWait', 'SystemEvents']);

/** With the daemon's own length where it says one and nothing is left out. */
function framingOf({ status, headers, framing }: AnswerHead, method: string, shaped: boolean) {
  const length = onlyValue(headers, 'content-length');
  const said = typeof length === 'string' && !shaped ? ['Content-Length', length] : [];
  if (method === 'HEAD' || status === 204 || status === 304) {
    return { chunked: false, headers: method === 'HEAD' ? said : [] };
  }
  if (framing.kind === 'length' && said.length > 0) return { chunked: false, headers: said };
  return { chunked: true, headers: ['Transfer-Encoding', 'chunked'] };
}
