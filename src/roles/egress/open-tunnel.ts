// The second half of an allowed tunnel: the answer, the TLS hello that must name the host, then
// bytes.

import type { Socket } from 'node:net';
import { joinSockets } from '../../net/tunnel.ts';
import type { HostDecision } from '../../policy/egress.ts';
import { decideServerName, readClientHello } from '../../policy/egress-client-hello.ts';
import type { Host } from '../../policy/host.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import { type EgressContext, type Exchange, record, secondsOf } from './exchange.ts';
import type { Reached } from './reach.ts';
import { readUntil } from './read-until.ts';
import { accessDenied, closeWith, type Refusal, refuse, type Step } from './refusal.ts';

export async function openTunnel(
  exchange: Exchange,
  client: Socket,
  early: Buffer,
  decision: HostDecision,
  host: Host,
  reached: Reached,
): Promise<void> {
  const { context, requestId } = exchange;
  const { far, address, class: addressClass, answersDenied } = reached;
  far.on('error', () => {}); // Its close is what the tunnel acts on.
  exchange.fields = { ...exchange.fields, address, class: addressClass, answersDenied };
  const { rule } = withRule({ reason: 'allowed', rule: reached.rule }, decision);
  if (client.destroyed) return abandon(exchange, client, far, { reason: 'client-gone', rule });
  client.write(`HTTP/1.1 200 Connection Established\r\n${requestIdHeader}: ${requestId}\r\n\r\n`);
  context.metrics.answered(exchange.caller, secondsOf(exchange));

  const plain = decision.matched?.unsafeAllowPlaintext === true;
  const hello = plain
    ? { ok: { serverName: null, got: early } }
    : await readHello(context, client, early, host);
  if ('no' in hello) return abandon(exchange, client, far, { ...hello.no, rule });
  const { serverName, got } = hello.ok;
  context.telemetry.log.debug('tunnel-open', { requestId, ...exchange.fields });
  if (got.length > 0) far.write(got);
  const { idleTimeoutMs } = context.settings.limits;
  const { how } = await joinSockets(client, far, { idleTimeoutMs }).ended;
  const [bytesUp, bytesDown] = [far.bytesWritten, far.bytesRead];
  context.metrics.carried(exchange.caller, bytesUp, bytesDown);
  exchange.fields = { ...exchange.fields, sni: serverName, bytesUp, bytesDown, end: how };
  record(exchange, 'allow', 'allowed', rule, 200);
}

interface Hello {
  readonly serverName: string | null;
  readonly got: Buffer;
}

/**
 * Nothing has gone upstream yet: the far end learns of a tunnel only once its hello names the
 * right host.
 */
async function readHello(
  context: EgressContext,
  client: Socket,
  early: Buffer,
  host: Host,
): Promise<Step<Hello>> {
  const { headerTimeoutMs } = context.settings.limits;
  const read = await readUntil(client, early, headerTimeoutMs, (got) => {
    const reading = readClientHello(got);
    return reading.state === 'more' ? null : reading;
  });
  if (read.ended === 'timeout') return refuse('hello-timeout');
  if (read.ended === 'gone') return refuse(read.got.length === 0 ? 'client-gone' : 'not-tls');
  if (read.judged.state === 'refused') return refuse(read.judged.reason);
  const { serverName } = read.judged;
  const reason = decideServerName(serverName, host);
  if (reason !== 'allowed') return refuse(reason, null, { sni: serverName });
  return { ok: { serverName, got: read.got } };
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
