// One call, from its head to the end of its answer: may it be asked at all, what does it refer to,
// may that be done with it, and then the daemon.

import type { RequestHead } from '../../net/http1/request-head.ts';
import { judgeCall } from '../../policy/docker/judge-call.ts';
import type { Reason } from '../../policy/reasons.ts';
import { type AskedCall, answerCall } from './answer-call.ts';
import { type Exchange, watchClient } from './exchange.ts';
import { endDisturbed, refusalOf, refuse } from './give-refusal.ts';
import { readCallBody } from './read-call-body.ts';

/** Resolves to whether the connection may carry another call. */
export async function handleCall(exchange: Exchange, head: RequestHead): Promise<boolean> {
  const { method, target } = head;
  const { context, state } = exchange;
  const mark = target.indexOf('?');
  const path = (mark === -1 ? target : target.slice(0, mark)).slice(0, 200);
  exchange.fields = { method, path };
  const refused = mayAsk(exchange, head);
  if (refused !== null) return refuse(exchange, refusalOf(refused));
  const { headers: rawHeaders } = head;
  const call = judgeCall(state.policy, { method, target, httpVersion: '1.1', rawHeaders });
  if (call.kind === 'refusal') return refuse(exchange, call);
  exchange.rule = call.rule;
  exchange.fields = { method, path, operation: call.operation };
  const body = await readCallBody(exchange, call, head, context.settings.limits);
  if ('reason' in body) return refuse(exchange, body);
  exchange.fields = { ...exchange.fields, bytesIn: body.bytes.length };
  return answerWatched(exchange, { call, body, head });
}

/** Null when it may. */
function mayAsk({ context, state }: Exchange, { headers }: RequestHead): Reason | null {
  // What is not written down must not happen.
  if (context.telemetry.fault() !== null) return 'record-unavailable';
  // Only a browser says so, and pages may not speak to the daemon: on TCP any page could try.
  if (headers.some((name, at) => at % 2 === 0 && name === 'origin')) return 'origin-foreign';
  return state.limits.call();
}

async function answerWatched(exchange: Exchange, asked: AskedCall): Promise<boolean> {
  // A body that is passed on as it comes is still being read.
  if (asked.body.stream === null) watchClient(exchange);
  if (exchange.disturbed === null) return answerCall(exchange, asked);
  return endDisturbed(exchange);
}
