// The client's half of a tunnel: asks the egress proxy for one with CONNECT and hands back the
// raw socket, so that whoever dials keeps TLS end to end and the proxy sees no more than a name.

import type { Socket } from 'node:net';
import { assert } from '../kit/assert.ts';
import { ClincherError } from '../kit/error.ts';
import { reasonHeader, requestIdHeader } from '../telemetry/names.ts';
import { openSocket } from './dial-options.ts';

/** What the proxy answered; `status` is null when it did not answer at all. */
export interface ConnectAnswer {
  readonly status: number | null;
  /** A code from policy/reasons.ts, when the proxy sent one. */
  readonly reason: string | null;
  readonly requestId: string;
}

/** Code `tunnel-refused` when the proxy said no, `tunnel-failed` when it could not be asked. */
export class ConnectError extends ClincherError {
  readonly answer: ConnectAnswer;

  constructor(
    code: 'tunnel-refused' | 'tunnel-failed',
    message: string,
    answer: ConnectAnswer,
    cause?: unknown,
  ) {
    super(code, message, { cause });
    this.name = 'ConnectError';
    this.answer = answer;
  }
}

/** The head of an answer is a status line and a few headers; a longer one is not our proxy's. */
const answerBytesMax = 16 * 1024;

/**
 * Opens a tunnel to `host:port` through the CONNECT proxy at `proxyAddress` (`unix:` or `tcp:`).
 * The socket that comes back has no reader yet and carries what the far end sends from its first
 * byte; TLS is the caller's. RFC 9110 section 9.3.6.
 * @throws ConnectError `tunnel-refused` | `tunnel-failed`; the deadline covers all of it
 */
export async function connectThrough(
  proxyAddress: string,
  host: string,
  port: number,
  requestId: string,
  timeoutMs: number,
): Promise<Socket> {
  assertOneLine(host, requestId);
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const failed = (what: string, cause?: unknown) =>
    new ConnectError(
      'tunnel-failed',
      `no tunnel to ${authority}: ${what}`,
      { status: null, reason: null, requestId },
      cause,
    );
  const socket = openSocket(proxyAddress);
  socket.write(
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${requestIdHeader}: ${requestId}\r\n\r\n`,
  );
  try {
    const head = await readHead(socket, timeoutMs, failed);
    const answer = parseAnswer(head, requestId);
    if (answer === null) throw failed('the proxy did not answer in HTTP');
    if (answer.status === 200) return socket;
    throw new ConnectError('tunnel-refused', refusal(authority, answer), answer);
  } catch (error) {
    socket.on('error', () => {}); // What a closing socket still has to say changes nothing.
    socket.destroy();
    throw error;
  }
}

// A line break here would let a host name write headers of its own into the request.
function assertOneLine(host: string, requestId: string): void {
  assert(/^[\w.:-]{1,255}$/.test(host), 'host for CONNECT must be a name or an address');
  assert(/^[\x21-\x7e]{1,200}$/.test(requestId), 'request id must be printable and without spaces');
}

function readHead(
  socket: Socket,
  timeoutMs: number,
  failed: (what: string, cause?: unknown) => ConnectError,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const timer = setTimeout(() => settle(failed(`no answer in ${timeoutMs} ms`)), timeoutMs);
    // `readable`, not `data`: it leaves the stream as if nobody had listened yet, for whoever
    // takes it over.
    const onReadable = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
        got = Buffer.concat([got, chunk]);
      }
      const end = got.indexOf('\r\n\r\n');
      if (end !== -1) settle(null, end);
      else if (got.length > answerBytesMax) settle(failed('the answer has too long a head'));
    };
    const onError = (error: Error) => settle(failed('the proxy cannot be reached', error));
    const onEnd = () => settle(failed('the proxy closed the connection without an answer'));
    socket
      .on('readable', onReadable)
      .once('error', onError)
      .once('end', onEnd)
      .once('close', onEnd);

    function settle(error: ConnectError | null, end = 0): void {
      clearTimeout(timer);
      socket
        .off('readable', onReadable)
        .off('error', onError)
        .off('end', onEnd)
        .off('close', onEnd);
      const rest = got.subarray(end + 4);
      if (error === null && rest.length > 0) socket.unshift(rest);
      if (error === null) resolve(got.subarray(0, end).toString('latin1'));
      else reject(error);
    }
  });
}

function parseAnswer(head: string, requestId: string): ConnectAnswer | null {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) return null;
  const header = (name: string, form: RegExp) => {
    const line = lines.find((one) => one.toLowerCase().startsWith(`${name}:`));
    const value = line?.slice(name.length + 1).trim();
    return value !== undefined && form.test(value) ? value : null;
  };
  return {
    status: Number(status),
    reason: header(reasonHeader, /^[a-z0-9-]{1,64}$/),
    requestId: header(requestIdHeader, /^[\x21-\x7e]{1,200}$/) ?? requestId,
  };
}

function refusal(authority: string, answer: ConnectAnswer): string {
  const why = answer.reason ?? 'no reason given';
  return `the egress proxy refused a tunnel to ${authority}: ${answer.status} ${why}`;
}
