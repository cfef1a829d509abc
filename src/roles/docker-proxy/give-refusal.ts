// How a call is refused: the status of each reason that arises here and not in the policy, and the
// body whose sentence the docker command line shows after "Error response from daemon:".

import { closeWith } from '../../net/close-with.ts';
import { headText } from '../../net/http1/write-answer.ts';
import type { Refusal } from '../../policy/docker/model.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import { reasonHeader, requestIdHeader } from '../../telemetry/names.ts';
import { type Exchange, record } from './exchange.ts';
import type { DockerFields } from './record.ts';

const statuses: Partial<Record<Reason, number>> = {
  'request-malformed': 400,
  'head-timeout': 408,
  'head-too-large': 431,
  'limit-body': 413,
  'docker-calls-too-fast': 429,
  'docker-streams-too-many': 429,
  'docker-execs-too-many': 429,
  'docker-containers-too-many': 429,
  'docker-answer-too-large': 502,
  'docker-answer-unclear': 502,
  'upstream-unreachable': 503,
  'docker-daemon-changed': 503,
  'record-unavailable': 503,
  'proxy-full': 503,
  'docker-not-found': 404,
};

/** A no that was found on the way, not in the policy. */
export function refusalOf(reason: Reason, status = statuses[reason] ?? 403): Refusal {
  const message = `clincher: ${reasons[reason]}`;
  return { kind: 'refusal', status, reason, field: null, message, rule: null };
}

/** The connection ends with it, so that nothing unread is taken for another request. */
export async function refuse(
  exchange: Exchange,
  refusal: Refusal,
  fields: DockerFields = {},
): Promise<false> {
  const { status, reason, field, rule } = refusal;
  exchange.rule = rule ?? exchange.rule;
  const about = field === null ? {} : { field };
  record(exchange, reason, { ...fields, ...about, status });
  await closeWith(exchange.client, refusalText(exchange, refusal));
  return false;
}

/** The client did not wait for its answer: it has left, or has sent what nobody asked for. */
export async function endDisturbed(exchange: Exchange): Promise<false> {
  if (exchange.disturbed === 'pipelined') {
    return refuse(exchange, refusalOf('request-malformed'), { fault: 'pipelined' });
  }
  record(exchange, 'client-gone');
  exchange.client.destroy();
  return false;
}

function refusalText({ state, requestId }: Exchange, refusal: Refusal): string {
  const { status, reason } = refusal;
  // Scripts written for Tecnativa's proxy look for its word.
  const isForbidden = status === 403 && state.policy.profile === 'tecnativa';
  const message = isForbidden ? `403 Forbidden: ${refusal.message}` : refusal.message;
  // "No such container: x" is looked for by clients as Docker says it, to the end.
  const said = status === 404 ? message : `${message} (request ${requestId})`;
  const body = `${JSON.stringify({ message: said, reason, request_id: requestId })}\n`;
  const retry = status === 429 || status === 503 ? ['Retry-After', '1'] : [];
  const headers = [
    ...['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))],
    ...['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'],
    ...[reasonHeader, reason, requestIdHeader, requestId, ...retry, 'Connection', 'close'],
  ];
  return `${headText(status, headers)}${body}`;
}
