// The way to a host through another HTTP CONNECT proxy, where a rule says so: it resolves and
// dials, so this proxy judges the name alone.

import type { Socket } from 'node:net';
import { parseAddress } from '../../kit/address.ts';
import { BulkSocket } from '../../net/bulk-socket.ts';
import { type Dial, DialTimeout, dialUnixSocket } from '../../net/dial.ts';
import type { EgressRequest } from '../../policy/egress.ts';
import { refuse, type Step } from './refusal.ts';
import { errorCode } from './resolve-host.ts';

export interface UpstreamTunnel {
  readonly far: Socket;
  /** What the far end sent right behind the other proxy's answer. */
  readonly early: Buffer;
}

const answerBytesMax = 16 * 1_024;

/**
 * Dials the proxy and asks it for the host. One deadline over both. Refused with
 * `upstream-unreachable`, `dial-timeout` or `upstream-refused`.
 */
export async function reachThrough(
  proxy: string,
  dial: Dial,
  request: EgressRequest,
  timeoutMs: number,
): Promise<Step<UpstreamTunnel>> {
  const startedMs = performance.now();
  let far: Socket;
  try {
    far = await dialProxy(proxy, dial, timeoutMs);
  } catch (error) {
    const reason = error instanceof DialTimeout ? 'dial-timeout' : 'upstream-unreachable';
    return refuse(reason, null, { error: errorCode(error) });
  }
  return askFor(far, request, timeoutMs - (performance.now() - startedMs));
}

function dialProxy(proxy: string, dial: Dial, timeoutMs: number) {
  const address = parseAddress(proxy);
  if (address?.kind === 'tcp') return dial(address.host, address.port, timeoutMs);
  if (address?.kind === 'unix') return dialUnixSocket(address.path, timeoutMs);
  return Promise.reject(new Error('an inherited descriptor is nothing to dial'));
}

/** Also for a proxy that was reached in another way. Closes the socket unless it gives it back. */
export async function askFor(
  far: Socket,
  { host, port }: EgressRequest,
  timeoutMs: number,
): Promise<Step<UpstreamTunnel>> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  far.on('error', () => {}); // Its close is what everything acts on.
  far.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const answer = await readAnswer(far, timeoutMs);
  if (answer.state === 'head') {
    const status = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: |\r\n)/.exec(answer.head)?.[1];
    if (status === '200') return { ok: { far, early: answer.early } };
    far.destroy();
    return refuse('upstream-refused', null, { error: `status ${status ?? 'unreadable'}` });
  }
  far.destroy();
  if (answer.state === 'timeout') return refuse('dial-timeout');
  return refuse('upstream-unreachable', null, { error: answer.state });
}

type Answer =
  | { readonly state: 'head'; readonly head: string; readonly early: Buffer }
  | { readonly state: 'timeout' | 'closed' | 'too-large' };

function readAnswer(far: Socket, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0);
    const timer = setTimeout(() => settle({ state: 'timeout' }), Math.max(1, timeoutMs));
    const onClose = () => settle({ state: 'closed' });
    far.once('close', onClose).once('end', onClose);
    const take = (bytes: Buffer) => {
      got = Buffer.concat([got, bytes]);
      const end = got.indexOf('\r\n\r\n');
      if (end !== -1) {
        const early = got.subarray(end + 4);
        settle({ state: 'head', head: got.toString('latin1', 0, end + 2), early });
      } else if (got.length > answerBytesMax) settle({ state: 'too-large' });
      else return true;
      return false;
    };
    if (far instanceof BulkSocket) far.readInto(take);
    else far.on('data', take);

    function settle(answer: Answer): void {
      clearTimeout(timer);
      far.off('close', onClose).off('end', onClose).off('data', take).pause();
      resolve(answer);
    }
  });
}
