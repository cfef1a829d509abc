// HTTP/2 frame by frame, as an attacker writes them (RFC 9113; header blocks by RFC 7541, without
// compression), and a client that keeps the rules.

import { once } from 'node:events';
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export const frames = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  continuation: 9,
};
export const flags = { endStream: 1, endHeaders: 4 };
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function frame(
  type: number,
  flag: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flag, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Literal fields, none remembered. */
export function headerBlock(pairs: readonly (readonly [string, string])[]): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value, 'latin1');
    const length = bytes.length;
    if (length < 127) return Buffer.concat([Buffer.from([length]), bytes]);
    const more = [];
    let left = length - 127;
    for (; left >= 128; left = Math.floor(left / 128)) more.push((left % 128) + 128);
    return Buffer.concat([Buffer.from([127, ...more, left]), bytes]);
  };
  return Buffer.concat(
    pairs.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]),
  );
}

export interface RawAnswer {
  /** Types of all frames that came, in order. */
  readonly types: readonly number[];
  /** Whether the other side closed, before the time was up. */
  readonly closed: boolean;
  readonly status: number | null;
}

/**
 * Writes the preface, empty settings and the bytes; reads until the other side closes, or, `toEnd`
 * aside, has ended a stream.
 */
export async function exchangeFrames(
  options: ConnectionOptions,
  bytes: Buffer,
  waitMs: number,
  toEnd = false,
): Promise<RawAnswer> {
  const socket = connectTls({ ALPNProtocols: ['h2'], ...options });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    if (!toEnd && readFrames(Buffer.concat(chunks)).ended) socket.destroy();
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  let closed = true;
  const timer = setTimeout(() => {
    closed = false;
    socket.destroy();
  }, waitMs);
  socket.write(Buffer.concat([Buffer.from(preface), frame(frames.settings, 0, 0), bytes]));
  await new Promise((done) => socket.once('close', done));
  clearTimeout(timer);
  return { ...readFrames(Buffer.concat(chunks)), closed };
}

/** The status as Node writes it: from the static table, or as three digits in the clear. */
const indexedStatus = new Map([
  [0x88, 200],
  [0x8c, 400],
  [0x8d, 404],
]);

function readFrames(
  bytes: Buffer,
): Pick<RawAnswer, 'types' | 'status'> & { readonly ended: boolean } {
  let ended = false;
  const types: number[] = [];
  let status: number | null = null;
  let at = 0;
  while (at + 9 <= bytes.length) {
    const length = bytes.readUIntBE(at, 3);
    const type = bytes.readUInt8(at + 3);
    const carriesEnd = type === frames.data || type === frames.headers;
    ended ||= type === frames.reset || (carriesEnd && (bytes.readUInt8(at + 4) & 1) === 1);
    types.push(type);
    if (type === frames.headers && status === null) {
      const first = bytes[at + 9] ?? 0;
      status = indexedStatus.get(first) ?? null;
    }
    at += 9 + length;
  }
  return { types, status, ended };
}

export interface Http2Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface Http2Client extends AsyncDisposable {
  readonly session: ClientHttp2Session;
  /** `begun`: called once the head of the answer is there. */
  ask(headers: OutgoingHttpHeaders, body?: string, begun?: () => void): Promise<Http2Answer>;
}

export async function http2Client(
  options: ConnectionOptions,
  authority: string,
): Promise<Http2Client> {
  const session = connect(authority, options);
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return {
    session,
    async ask(headers, body, begun) {
      const stream = session.request(headers, { endStream: false });
      stream.end(body);
      const [answered] = await once(stream, 'response');
      begun?.();
      let text = '';
      stream.setEncoding('utf8');
      for await (const chunk of stream) text += chunk;
      return { status: Number(answered[':status']), headers: answered, body: text };
    },
    async [Symbol.asyncDispose]() {
      session.destroy();
    },
  };
}
