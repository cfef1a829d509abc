// One connection, up to the tunnel: who is it, what is asked for, is it allowed, how is it reached.

import type { Socket } from 'node:net';
import { decide, egressFix, knownCaller } from '../../policy/egress.ts';
import type { Reason } from '../../policy/reasons.ts';
import {
  beginExchange,
  type EgressContext,
  type Exchange,
  endExchange,
  type Handled,
  note,
  refuseTunnel,
} from './exchange.ts';
import { forwardRequest } from './forward.ts';
import { type ForwardHead, readForwardHead } from './forward-head.ts';
import type { Identity } from './identity.ts';
import { openTunnel, withRule } from './open-tunnel.ts';
import { reach } from './reach.ts';
import { readUntil } from './read-until.ts';
import { refuse, type Step } from './refusal.ts';
import { type ConnectHead, readConnectHead } from './request-head.ts';
import { admitUnderRule, tunnelBounds } from './tunnel-bounds.ts';

/** A connection as its listener hands it on. */
export interface Arrival {
  readonly client: Socket;
  readonly identity: Identity;
  /** The caller that the listener was made for. */
  readonly fixedCaller: string | null;
  /** Where a PROXY protocol header says it comes from. */
  readonly from: string | null;
}

/** The caller in the record of a connection that has not said who it is. */
export const unknownCaller = 'unknown';

/**
 * Never rejects for anything a client or a far end does; `onOver` is called once the connection is
 * over and recorded.
 */
export async function handleConnection(
  context: EgressContext,
  arrival: Arrival,
  onOver: () => void,
): Promise<void> {
  const exchange = beginExchange(context, arrival.fixedCaller ?? unknownCaller, onOver);
  exchange.isNamed = !arrival.identity.needsCredentials;
  if (arrival.from !== null) note(exchange, { from: arrival.from });
  let handled: Handled = 'over';
  try {
    handled = await handle(exchange, arrival);
  } finally {
    if (handled === 'over') endExchange(exchange);
  }
}

async function handle(exchange: Exchange, arrival: Arrival): Promise<Handled> {
  const { client, identity } = arrival;
  const no = (reason: Reason) => refuseTunnel(exchange, client, { reason, rule: null });
  if (!identity.needsCredentials) {
    const refused = admit(exchange, arrival, identity.callerOf(client));
    if (refused !== null) return no(refused);
  }
  const request = await readRequest(exchange.context, client);
  if (request === 'nothing') {
    client.destroy();
    return 'over';
  }
  if ('no' in request) return refuseTunnel(exchange, client, request.no);
  const { head } = request.ok;
  exchange.requestId = head.requestId ?? exchange.requestId;
  note(exchange, { host: head.host.slice(0, 255), port: head.port });
  if (identity.needsCredentials) {
    const caller = identity.identify(head.proxyAuthorization, client);
    if ('no' in caller) return refuseTunnel(exchange, client, caller.no);
    const refused = admit(exchange, arrival, caller.ok);
    if (refused !== null) return no(refused);
  }
  return decideAndOpen(exchange, client, request.ok);
}

/** The caller is answered its limits before anything is read where its socket tells who it is. */
function admit(exchange: Exchange, arrival: Arrival, caller: string | null): Reason | null {
  const { limits, metrics, rules, settings } = exchange.context;
  if (caller === null) return 'caller-unknown';
  const { policy } = rules.current();
  const countedAs = arrival.fixedCaller ?? knownCaller(policy, caller);
  if (countedAs === null) return 'caller-unknown';
  exchange.caller = caller;
  exchange.countedAs = countedAs;
  const refused = limits.admit(caller, settings.limits);
  if (refused !== null) return refused;
  metrics.opened(countedAs);
  exchange.admitted.push(caller);
  if (!exchange.isNamed) limits.named();
  exchange.isNamed = true;
  return null;
}

async function decideAndOpen(
  exchange: Exchange,
  client: Socket,
  request: Request,
): Promise<Handled> {
  const { context, caller } = exchange;
  const { head, early } = request;
  const refused = (refusal: Parameters<typeof refuseTunnel>[2]) =>
    refuseTunnel(exchange, client, refusal);
  const fault = context.telemetry.fault();
  if (fault !== null) {
    return refused({ reason: 'record-unavailable', rule: null, fields: { error: fault } });
  }
  const rules = context.rules.current();
  const asked = { caller, host: head.host, port: head.port };
  const decision = decide(rules.policy, asked);
  const fix = egressFix(asked, decision);
  if (decision.host === null) return refused({ ...decision, fields: { fix } });
  // What was only reported wants the same line to be allowed.
  if (decision.verdict === 'report') note(exchange, { fix });
  const bounds = tunnelBounds(context, exchange, decision);
  const over = admitUnderRule(exchange, decision) ?? bounds.window.spent();
  if (over !== null) return refused({ reason: over, rule: decision.rule });
  const { matched, host: name } = decision;
  const forward = 'forward' in head ? head : null;
  if (forward !== null && matched?.plainHttp !== true) {
    return refused({ reason: 'method-refused', rule: decision.rule });
  }
  const clientProxy = head.clientProxy;
  const allowed = { ...asked, rules, name, matched, clientProxy };
  const reached = await reach(context, allowed);
  if ('no' in reached) return refused(withRule(reached.no, decision));
  const opening = { client, early, decision, allowed, bounds, reached: reached.ok };
  if (forward !== null) return forwardRequest(exchange, opening, forward);
  return openTunnel(exchange, opening);
}

interface Request {
  readonly head: ConnectHead | ForwardHead;
  /** What the client sent ahead of our answer; forwarded only once everything is allowed. */
  readonly early: Buffer;
}

/** `nothing`: the connection closed without a byte, so there was no request to record. */
async function readRequest(
  context: EgressContext,
  client: Socket,
): Promise<Step<Request> | 'nothing'> {
  const { headerBytesMax, headerTimeoutMs } = context.settings.limits;
  const { forwards } = context.rules.current().policy;
  const read = await readUntil(client, Buffer.alloc(0), headerTimeoutMs, (got, fresh) => {
    const reading = readConnectHead(got, headerBytesMax, fresh);
    if (reading.state === 'refused' && reading.why === 'method' && forwards) {
      return readForwardHead(got);
    }
    return reading.state === 'more' ? null : reading;
  });
  if (read.ended === 'timeout') return refuse('head-timeout');
  if (read.ended === 'gone') return read.got.length === 0 ? 'nothing' : refuse('client-gone');
  if (read.judged.state === 'refused') {
    const reason = { malformed: 'request-malformed', method: 'method-refused' } as const;
    const { why } = read.judged;
    return refuse(why === 'too-large' ? 'head-too-large' : reason[why]);
  }
  const { head } = read.judged;
  return { ok: { head, early: read.got.subarray(head.bytes) } };
}

/** Answered before anything is read, so that a flood costs as little as it can. */
export function refuseUnread(
  context: EgressContext,
  caller: string | null,
  client: Socket,
  reason: Reason,
): Promise<Handled> {
  const exchange = beginExchange(context, caller ?? unknownCaller, () => {});
  return refuseTunnel(exchange, client, { reason, rule: null });
}
