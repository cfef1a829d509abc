// Forwards one plain HTTP request to a host whose rule asks for that, and its answer back; then
// the connection is over.

import type { Changed } from '../../net/tunnel.ts';
import type { Reason } from '../../policy/reasons.ts';
import { ByteCount } from './byte-count.ts';
import { carry, type OpeningTunnel } from './carry.ts';
import type { Carried } from './egress-metrics.ts';
import { type Exchange, type Handled, note, refuseTunnel, secondsOf } from './exchange.ts';
import { ForwardAnswer } from './forward-answer.ts';
import type { ForwardHead } from './forward-head.ts';
import { withRule } from './open-tunnel.ts';
import { stillAllowed } from './open-tunnels.ts';
import { refusalAnswer, statusOf } from './refusal.ts';
import type { TunnelBounds } from './tunnel-bounds.ts';

export async function forwardRequest(
  exchange: Exchange,
  opening: OpeningTunnel,
  { forward }: ForwardHead,
): Promise<Handled> {
  const { context, countedAs } = exchange;
  const { client, early, decision, allowed, bounds, reached } = opening;
  const { far, address, port } = reached;
  far.on('error', () => {}); // Its close is what the forwarding acts on.
  note(exchange, reached.fields);
  const { rule } = withRule({ reason: 'allowed', rule: reached.rule }, decision);
  const count = new OneRequest(bounds, context.metrics.carried(countedAs), forward.bodyBytes);
  const head = Buffer.from(forward.text, 'latin1');
  const judged = { asked: allowed, address, port, serverName: null, plain: true, forwarded: true };
  // The rules may have changed while the host was being reached.
  const rules = context.rules.current();
  const isAllowed = rules === allowed.rules || stillAllowed(rules, judged);
  const passed = () => count.head(head.length) ?? count.up(early.length);
  const over = isAllowed ? passed() : 'rules-changed';
  const refused = client.destroyed ? 'client-gone' : over;
  if (refused !== null) {
    far.destroy();
    return refuseTunnel(exchange, client, { reason: refused, rule });
  }
  context.metrics.answered(countedAs, secondsOf(exchange));
  far.write(Buffer.concat([head, early]));
  const answer = new ForwardAnswer(context.settings.limits.headerBytesMax);
  const change = (bytes: Buffer): Changed<Reason> => {
    const changed = answer.read(bytes);
    // Nothing has gone to the client yet, so it can be told.
    if ('no' in changed) client.write(refusalAnswer(changed.no, exchange.requestId));
    return changed;
  };
  const refusal = () =>
    answer.refusal === null ? null : { reason: answer.refusal, status: statusOf(answer.refusal) };
  carry(exchange, opening, { judged, count, rule, guards: { change }, refusal });
  return 'carried';
}

/** What comes behind the body would be a second request, which nobody has decided on. */
class OneRequest extends ByteCount {
  #left: number;

  constructor(bounds: TunnelBounds, carried: Carried, bodyBytes: number) {
    super(bounds, carried);
    this.#left = bodyBytes;
  }

  head(bytes: number): Reason | null {
    return super.up(bytes);
  }

  override up(bytes: number): Reason | null {
    if (bytes > this.#left) return 'request-malformed';
    this.#left -= bytes;
    return super.up(bytes);
  }
}
