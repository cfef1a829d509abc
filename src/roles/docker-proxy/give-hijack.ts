// A connection that the daemon has made a stream of: bytes both ways, each end told to the other
// side, until the process is over, one side fails, or a limit is met.

import { onlyValue } from '../../net/http1/header-lines.ts';
import { headText } from '../../net/http1/write-answer.ts';
import { Tunnel, type TunnelEnd } from '../../net/tunnel.ts';
import { answerHeaders } from './answer-headers.ts';
import type { TakenAnswer } from './ask-daemon.ts';
import { type Exchange, record } from './exchange.ts';

/** Why we ended a stream: `over` when the process was. */
type StreamEnd = 'over' | 'docker-stream-too-old';

/**
 * The daemon shuts its side down when the process is over and reads no more; what the client could
 * still send would go nowhere. It gets so long to leave.
 */
const lingerMs = 1_000;

/** A silent stream is seen at most so much of the idle time late. */
const looksInIdleTime = 16;

/** Both sockets are closed when it resolves; the connection carries nothing else. */
export async function giveHijack(exchange: Exchange, taken: TakenAnswer): Promise<false> {
  const { context, state, client, reader } = exchange;
  const { streamIdleTimeoutMs, streamAgeMs } = context.settings.limits;
  const { socket, head, early } = taken;
  exchange.abandon = null;
  // Bytes ahead of our answer are for whoever would have read them as a request.
  if (reader.release().length > 0 || exchange.disturbed !== null) {
    socket.destroy();
    client.destroy();
    const gone = exchange.disturbed === 'gone';
    record(exchange, gone ? 'client-gone' : 'request-malformed', { fault: 'pipelined' });
    return false;
  }
  const bytes = { bytesIn: 0, bytesOut: early.length };
  const headers = answerHeaders(head.headers, exchange.requestId);
  if (head.status === 101) {
    const protocol = onlyValue(head.headers, 'upgrade') ?? 'tcp';
    headers.push('Connection', 'Upgrade', 'Upgrade', protocol);
  }
  client.write(headText(head.status, headers, head.status === 101 ? 'UPGRADED' : undefined));
  if (early.length > 0) client.write(early);
  context.metrics.streamOpened(state.caller);
  const ended = Promise.withResolvers<void>();
  let how: TunnelEnd<StreamEnd> = 'closed';
  const tunnel = new Tunnel<StreamEnd>(client, socket, {
    idleTimeoutMs: streamIdleTimeoutMs,
    count: {
      up(count) {
        bytes.bytesIn += count;
        return null;
      },
      down(count) {
        bytes.bytesOut += count;
        return null;
      },
    },
    over(why) {
      how = why;
    },
    closed: ended.resolve,
  });
  const look = () => tunnel.look(context.world.monotonicMs());
  const looks = setInterval(look, Math.ceil(streamIdleTimeoutMs / looksInIdleTime));
  const age = setTimeout(() => tunnel.end('docker-stream-too-old'), streamAgeMs);
  let linger: NodeJS.Timeout | undefined;
  // All that came from the daemon has left us.
  client.once('finish', () => {
    linger = setTimeout(() => tunnel.end('over'), lingerMs);
  });
  await ended.promise;
  clearInterval(looks);
  clearTimeout(age);
  clearTimeout(linger);
  const end = ends[how];
  context.metrics.streamEnded(state.caller, end);
  record(exchange, 'allowed', { status: head.status, ...bytes, end });
  return false;
}

const ends = {
  closed: 'closed',
  over: 'closed',
  broken: 'broken',
  idle: 'docker-stream-idle',
  'docker-stream-too-old': 'docker-stream-too-old',
} as const;
