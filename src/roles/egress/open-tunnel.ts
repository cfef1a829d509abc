// The second half of an allowed tunnel: the answer, the TLS hello that must name the host, then
// bytes.

import type { Socket } from 'node:net';
import { closeWith } from '../../net/close-with.ts';
import type { HostDecision } from '../../policy/egress.ts';
import { decideServerName, readClientHello } from '../../policy/egress-client-hello.ts';
import { requestIdHeader } from '../../telemetry/names.ts';
import { ByteCount } from './byte-count.ts';
import { carry, type OpeningTunnel, type Refused } from './carry.ts';
import {
  type EgressContext,
  type Exchange,
  type Handled,
  note,
  record,
  secondsOf,
} from './exchange.ts';
import { stillAllowed } from './open-tunnels.ts';
import type { AllowedRequest } from './reach.ts';
import { readUntil } from './read-until.ts';
import { accessDenied, type Refusal, refuse, type Step } from './refusal.ts';
import { SecondHello } from './second-hello.ts';

export async function openTunnel(exchange: Exchange, opening: OpeningTunnel): Promise<Handled> {
  const { context, requestId, countedAs } = exchange;
  const { client, early, decision, allowed, reached } = opening;
  const { far } = reached;
  far.on('error', () => {}); // Its close is what the tunnel acts on.
  note(exchange, reached.fields);
  const { rule } = withRule({ reason: 'allowed', rule: reached.rule }, decision);
  if (client.destroyed) return abandon(exchange, client, far, { reason: 'client-gone', rule });
  const answer = `HTTP/1.1 200 Connection Established\r\n${requestIdHeader}: ${requestId}\r\n\r\n`;
  client.write(answer, 'latin1');
  context.metrics.answered(countedAs, secondsOf(exchange));
  const answeredMs = context.world.monotonicMs();

  const plain = decision.matched?.unsafeAllowPlaintext === true;
  const hello = plain
    ? { ok: { serverName: null, isHiding: false, got: early, hold: null } }
    : await readHello(context, client, early, allowed);
  const helloMs = Math.round(context.world.monotonicMs() - answeredMs);
  note(exchange, { helloMs });
  if ('no' in hello) return abandon(exchange, client, far, { ...hello.no, rule });
  const { serverName, isHiding, got, hold } = hello.ok;
  const judged = {
    asked: allowed,
    address: reached.address,
    port: reached.port,
    serverName,
    isHiding,
    plain,
  };
  // The rules may have changed while the host was being reached.
  const rules = context.rules.current();
  const count = new ByteCount(opening.bounds, context.metrics.carried(countedAs));
  const isAllowed = rules === allowed.rules || stillAllowed(rules, judged);
  const over = isAllowed
    ? (count.up(got.length) ?? count.down(reached.early.length))
    : 'rules-changed';
  if (over !== null) return abandon(exchange, client, far, { reason: over, rule });
  far.cork(); // What may follow the hello goes out with it.
  if (got.length > 0) far.write(got);
  if (reached.early.length > 0) client.write(reached.early);
  note(exchange, { sni: serverName });
  carry(exchange, opening, {
    judged,
    count,
    rule,
    ...(hold === null ? {} : { guards: { hold }, refusal: refusalOf(hold) }),
  });
  far.uncork();
  return 'carried';
}

/** Apart, so that what it remembers for as long as the tunnel lives is the hold alone. */
function refusalOf(hold: SecondHello): () => Refused | null {
  return () => (hold.refusal === null ? null : { reason: hold.refusal, status: 200 });
}

interface Hello {
  readonly serverName: string | null;
  readonly isHiding: boolean;
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
  const { serverName, isHiding, bytes } = read.judged;
  const reason = decideServerName(serverName, name, matched, rules.policy.globalDeny);
  if (reason !== 'allowed') return refuse(reason, null, { sni: serverName });
  const hold = new SecondHello(read.judged, matched, read.got.subarray(bytes));
  return { ok: { serverName, isHiding, got: read.got.subarray(0, bytes), hold } };
}

/** After our 200 there is no HTTP left to answer in. */
async function abandon(
  exchange: Exchange,
  client: Socket,
  far: Socket,
  refusal: Refusal,
): Promise<Handled> {
  far.destroy();
  if (refusal.fields !== undefined) note(exchange, refusal.fields);
  record(exchange, 'deny', refusal.reason, refusal.rule, 200);
  await closeWith(client, accessDenied);
  return 'over';
}

/** Both rules when two decided: the one for the name and the one for the address. */
export function withRule(refusal: Refusal, decision: HostDecision): Refusal {
  const rules = [decision.rule, refusal.rule].filter((rule) => rule !== null);
  return { ...refusal, rule: rules.length === 0 ? null : rules.join('; ') };
}
