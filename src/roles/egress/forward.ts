// Forwards one plain HTTP request to a host whose rule asks for that, and its answer back; then
// the connection is over.

import type { Changed } from '../../net/tunnel.ts';
import type { Reason } from '../../policy/reasons.ts';
import { type ByteCount, countBytes } from './byte-count.ts';
import { type Exchange, record, refuseTunnel, secondsOf } from './exchange.ts';
import { ForwardAnswer } from './forward-answer.ts';
import type { ForwardHead } from './forward-head.ts';
import { carry, type OpeningTunnel, withRule } from './open-tunnel.ts';
import { refusalAnswer, statusOf } from './refusal.ts';

export async function forwardRequest(
  exchange: Exchange,
  opening: OpeningTunnel,
  { forward }: ForwardHead,
): Promise<void> {
  const { context, countedAs } = exchange;
  const { client, early, decision, allowed, bounds, reached } = opening;
  const { far, address } = reached;
  far.on('error', () => {}); // Its close is what the forwarding acts on.
  exchange.fields = { ...exchange.fields, ...reached.fields };
  const { rule } = withRule({ reason: 'allowed', rule: reached.rule }, decision);
  const count = countBytes(bounds, context.metrics.carried(countedAs));
  const bounded = withBody(count, forward.bodyBytes);
  const head = Buffer.from(forward.text, 'latin1');
  const refused = client.destroyed
    ? 'client-gone'
    : (count.up(head.length) ?? bounded.up(early.length));
  if (refused !== null) {
    far.destroy();
    return refuseTunnel(exchange, client, { reason: refused, rule });
  }
  context.metrics.answered(countedAs, secondsOf(exchange));
  far.write(Buffer.concat([head, early]));
  const open = { asked: allowed, address, serverName: null, plain: true, forwarded: true };
  const answer = new ForwardAnswer(context.settings.limits.headerBytesMax);
  const change = (bytes: Buffer): Changed<Reason> => {
    const changed = answer.read(bytes);
    // Nothing has gone to the client yet, so it can be told.
    if ('no' in changed) client.write(refusalAnswer(changed.no, exchange.requestId));
    return changed;
  };
  const end = await carry(context, opening, open, bounded, { change });
  const { up: bytesUp, down: bytesDown } = count.so;
  context.metrics.ended(countedAs, end);
  exchange.fields = { ...exchange.fields, bytesUp, bytesDown, end };
  if (answer.refusal !== null) {
    return record(exchange, 'deny', answer.refusal, rule, statusOf(answer.refusal));
  }
  const verdict = decision.verdict === 'report' ? 'report' : 'allow';
  record(exchange, verdict, decision.reason, rule, 200);
}

/** What comes behind the body would be a second request, which nobody has decided on. */
function withBody(count: ByteCount, bodyBytes: number): ByteCount {
  let left = bodyBytes;
  const up = (bytes: number): Reason | null => {
    if (bytes > left) return 'request-malformed';
    left -= bytes;
    return count.up(bytes);
  };
  return { ...count, up };
}
