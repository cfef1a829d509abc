// Gives a caller an answer that was read whole.

import type { AnswerHead } from '../../net/http1/answer-head.ts';
import { headText, writeWhole } from '../../net/http1/write-answer.ts';
import { answerHeaders } from './answer-headers.ts';
import { type Exchange, record } from './exchange.ts';

/** True: the connection may carry another request. */
export function giveWhole(
  exchange: Exchange,
  head: AnswerHead,
  body: Buffer,
  method: string,
): boolean {
  const { client, requestId } = exchange;
  const headers = answerHeaders(head.headers, requestId);
  const bodiless = head.status === 204 || head.status === 304;
  if (method === 'HEAD') headers.push('Content-Length', lengthOf(head));
  else if (!bodiless) headers.push('Content-Length', String(body.length));
  writeWhole(client, headText(head.status, headers), method === 'HEAD' ? null : body);
  record(exchange, 'allowed', { status: head.status, bytesOut: body.length });
  return true;
}

function lengthOf({ headers }: AnswerHead): string {
  const index = headers.findIndex((name, at) => at % 2 === 0 && name === 'content-length');
  return index === -1 ? '0' : (headers[index + 1] ?? '0');
}
