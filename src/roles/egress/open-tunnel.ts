// The second half of an allowed tunnel: the answer, the TLS hello that must name the host, then
// bytes.

import type { Socket } from 'node:net';
import { joinSockets, type Tunnel, type TunnelWatch } from '../../net/tunnel.ts';
import type { HostDecision } from '../../policy/egress.ts';
import { decideServerName, readClientHello } from '../../policy/egress-client-hello.ts';
import type { Reason } from '../../policy/reasons.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import { type ByteCount, countBytes } from './byte-count.ts';
import { type EgressContext, type Exchange, record, secondsOf } from './exchange.ts';
import { type JudgedTunnel, stillAllowed } from './open-tunnels.ts';
import type { AllowedRequest, Reached } from './reach.ts';
import { readUntil } from './read-until.ts';
import { accessDenied, closeWith, type Refusal, refuse, type Step } from './refusal.ts';
import { SecondHello } from './second-hello.ts';
import type { TunnelBounds } from './tunnel-bounds.ts';

export interface OpeningTunnel {
  readonly client: Socket;
  /** What the client sent ahead of our answer. */
  readonly early: Buffer;
  readonly decision: HostDecision;
  readonly allowed: AllowedRequest;
  readonly bounds: TunnelBounds;
  readonly reached: Reached;
}

export async function openTunnel(exchange: Exchange, opening: OpeningTunnel): Promise<void> {
  const { context, requestId, countedAs } = exchange;
  const { client, early, decision, allowed, reached } = opening;
  const { far } = reached;
  far.on('error', () => {}); // Its close is what the tunnel acts on.
  exchange.fields = { ...exchange.fields, ...reached.fields };
  const { rule } = withRule({ reason: 'allowed', rule: reached.rule }, decision);
  if (client.destroyed) return abandon(exchange, client, far, { reason: 'client-gone', rule });
  client.write(`HTTP/1.1 200 Connection Established\r\n${requestIdHeader}: ${requestId}\r\n\r\n`);
  context.metrics.answered(countedAs, secondsOf(exchange));
  const answeredMs = context.world.monotonicMs();

  const plain = decision.matched?.unsafeAllowPlaintext === true;
  const hello = plain
    ? { ok: { serverName: null, got: early, hold: null } }
    : await readHello(context, client, early, allowed);
  const helloMs = Math.round(context.world.monotonicMs() - answeredMs);
  exchange.fields = { ...exchange.fields, helloMs };
  if ('no' in hello) return abandon(exchange, client, far, { ...hello.no, rule });
  const { serverName, got, hold } = hello.ok;
  const open = { asked: allowed, address: reached.address, serverName, plain };
  // The rules may have changed while the host was being reached.
  const rules = context.rules.current();
  const count = countBytes(opening.bounds, context.metrics.carried(countedAs));
  const isAllowed = rules === allowed.rules || stillAllowed(rules, open);
  const over = isAllowed ? count.up(got.length) : 'rules-changed';
  if (over !== null) return abandon(exchange, client, far, { reason: over, rule });
  if (got.length > 0) far.write(got);
  if (reached.early.length > 0 && count.down(reached.early.length) === null) {
    client.write(reached.early);
  }
  const end = await carry(context, opening, open, count, hold === null ? {} : { hold });
  const { up: bytesUp, down: bytesDown } = count.so;
  context.metrics.ended(countedAs, end);
  exchange.fields = { ...exchange.fields, sni: serverName, bytesUp, bytesDown, end };
  if (hold !== null && hold.refusal !== null) {
    return record(exchange, 'deny', hold.refusal, rule, 200);
  }
  const verdict = decision.verdict === 'report' ? 'report' : 'allow';
  record(exchange, verdict, decision.reason, rule, 200);
}

/** The longest that a timer of Node's can run. */
const timerMsMax = 2 ** 31 - 1;

/** From here on the tunnel ends by itself, at a limit, or by new rules; gives how. */
export async function carry(
  context: EgressContext,
  { client, bounds, reached }: OpeningTunnel,
  open: JudgedTunnel,
  count: ByteCount,
  more: Pick<TunnelWatch<Reason>, 'hold' | 'change'> = {},
): Promise<string> {
  const { idleTimeoutMs, tunnelAgeMs } = bounds.limits;
  const watch = { idleTimeoutMs, up: count.up, down: count.down, ...more };
  const tunnel: Tunnel<Reason> = joinSockets<Reason>(client, reached.far, watch);
  const age = setTimeout(() => tunnel.end('tunnel-too-old'), Math.min(tunnelAgeMs, timerMsMax));
  const listed = { ...open, client, end: tunnel.end };
  context.tunnels.add(listed);
  const { how } = await tunnel.ended;
  clearTimeout(age);
  context.tunnels.delete(listed);
  return how;
}

interface Hello {
  readonly serverName: string | null;
  /** The hello and nothing behind it. */
  readonly got: Buffer;
  readonly hold: SecondHello | null;
}

/**
 * Nothing has gone upstream yet: the far end learns of a tunnel only once its hello names the
 * right host.
 */
async function readHello(
  context: EgressContext,
  client: Socket,
  early: Buffer,
  { name, matched, rules }: AllowedRequest,
): Promise<Step<Hello>> {
  const { headerTimeoutMs } = context.settings.limits;
  const read = await readUntil(client, early, headerTimeoutMs, (got) => {
    const reading = readClientHello(got, matched);
    return reading.state === 'more' ? null : reading;
  });
  if (read.ended === 'timeout') return refuse('hello-timeout');
  if (read.ended === 'gone') return refuse(read.got.length === 0 ? 'client-gone' : 'not-tls');
  if (read.judged.state === 'refused') return refuse(read.judged.reason);
  const { serverName, bytes } = read.judged;
  const reason = decideServerName(serverName, name, matched, rules.policy.globalDeny);
  if (reason !== 'allowed') return refuse(reason, null, { sni: serverName });
  const hold = new SecondHello(read.judged, matched, read.got.subarray(bytes));
  return { ok: { serverName, got: read.got.subarray(0, bytes), hold } };
}

/** After our 200 there is no HTTP left to answer in. */
async function abandon(exchange: Exchange, client: Socket, far: Socket, refusal: Refusal) {
  far.destroy();
  exchange.fields = { ...exchange.fields, ...refusal.fields };
  record(exchange, 'deny', refusal.reason, refusal.rule, 200);
  await closeWith(client, accessDenied);
}

/** Both rules when two decided: the one for the name and the one for the address. */
export function withRule(refusal: Refusal, decision: HostDecision): Refusal {
  const rules = [decision.rule, refusal.rule].filter((rule) => rule !== null);
  return { ...refusal, rule: rules.length === 0 ? null : rules.join('; ') };
}
