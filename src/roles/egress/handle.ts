// One connection from a caller, up to the tunnel: read the request, decide on the name, reach an
// address.

import type { Socket } from 'node:net';
import { decide, egressFix } from '../../policy/egress.ts';
import { beginExchange, type EgressContext, refuseTunnel } from './exchange.ts';
import { openTunnel, withRule } from './open-tunnel.ts';
import { reach } from './reach.ts';
import { readUntil } from './read-until.ts';
import { refuse, type Step } from './refusal.ts';
import { type ConnectHead, readConnectHead } from './request-head.ts';

/**
 * Never rejects for anything a client or a far end does; resolves once the connection is over and
 * recorded.
 */
export async function handleConnection(
  context: EgressContext,
  caller: string,
  client: Socket,
): Promise<void> {
  const exchange = beginExchange(context, caller);
  const request = await readRequest(context, client);
  if (request === 'nothing') return void client.destroy();
  if ('no' in request) return refuseTunnel(exchange, client, request.no);
  const { head, early } = request.ok;
  exchange.requestId = head.requestId ?? exchange.requestId;
  exchange.fields = { host: head.host.slice(0, 255), port: head.port };

  const asked = { caller, host: head.host, port: head.port };
  const decision = decide(context.policy, asked);
  if (decision.host === null) {
    const fix = egressFix(asked, decision);
    return refuseTunnel(exchange, client, { ...decision, fields: { fix } });
  }
  const { settings, world, policy, dial } = context;
  const reached = await reach(settings, world, policy, dial, decision.host, asked);
  if ('no' in reached) return refuseTunnel(exchange, client, withRule(reached.no, decision));
  await openTunnel(exchange, client, early, decision, decision.host, reached.ok);
}

interface Request {
  readonly head: ConnectHead;
  /** What the client sent ahead of our answer; forwarded only once everything is allowed. */
  readonly early: Buffer;
}

/** `nothing`: the connection closed without a byte, so there was no request to record. */
async function readRequest(
  context: EgressContext,
  client: Socket,
): Promise<Step<Request> | 'nothing'> {
  const { headerBytesMax, headerTimeoutMs } = context.settings.limits;
  const read = await readUntil(client, Buffer.alloc(0), headerTimeoutMs, (got, fresh) => {
    const reading = readConnectHead(got, headerBytesMax, fresh);
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

/** The limit is answered before anything is read, so that a flood costs as little as it can. */
export function refuseOverLimit(context: EgressContext, caller: string, client: Socket) {
  const exchange = beginExchange(context, caller);
  return refuseTunnel(exchange, client, { reason: 'tunnels-too-many', rule: null });
}
