// One call to the Docker daemon, made anew: nothing of what the client wrote goes along but what
// the policy has made of it. The answer is read whole, or taken as it comes.

import type { BulkSocket } from '../../net/bulk-socket.ts';
import type { RawHeaders } from '../../net/http-headers.ts';
import type { AnswerHead } from '../../net/http1/answer-head.ts';
import type { AnswerSink } from '../../net/http1/answer-stream.ts';
import { chunkOf, endOfChunks } from '../../net/http1/write-answer.ts';
import type { DaemonFailure, DaemonLink, DaemonPool } from './daemon-pool.ts';

export interface DaemonCall {
  readonly method: string;
  /** With version and query. */
  readonly path: string;
  /** Null where the method has none. */
  readonly body: Buffer | null;
  /** What the connection is to become; null when nothing. */
  readonly upgrade: string | null;
  /** Beyond those that every call has; of profile tecnativa alone. */
  readonly headers?: RawHeaders;
}

/** A body that nobody reads: its length, where the client says it, and its pieces. */
export interface OpaqueBody {
  readonly bytes: number | null;
  readonly pieces: AsyncIterable<Buffer>;
}

export interface WholeAnswer {
  readonly kind: 'whole';
  readonly head: AnswerHead;
  readonly body: Buffer;
}

export interface StreamAnswer {
  readonly kind: 'stream';
  readonly head: AnswerHead;
  /** Starts the body; `sink.head` is not called. */
  into(sink: Omit<AnswerSink, 'head'>): void;
  /** The body's reader takes more again. */
  resume(): void;
  abandon(): void;
}

/** The connection is no HTTP any more: what came behind the head, and the socket, unread. */
export interface TakenAnswer {
  readonly kind: 'taken';
  readonly head: AnswerHead;
  readonly socket: BulkSocket;
  readonly early: Buffer;
}

export interface AskBounds {
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

/** Lets the one who asks end it early: what is given is called when the client has gone. */
export type OnGone = (abandon: () => void) => void;

/** The whole exchange is bounded in time and bytes. Never rejects. */
export async function askWhole(
  pool: DaemonPool,
  call: DaemonCall,
  bounds: AskBounds,
  onGone: OnGone = () => {},
): Promise<WholeAnswer | DaemonFailure> {
  const opened = await pool.open();
  if ('failed' in opened) return opened;
  return askWholeOver(opened.link, call, bounds, onGone);
}

export function askWholeOver(
  { stream, socket }: DaemonLink,
  call: DaemonCall,
  { timeoutMs, bytesMax }: AskBounds,
  onGone: OnGone = () => {},
): Promise<WholeAnswer | DaemonFailure> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let size = 0;
    let head: AnswerHead | null = null;
    const fail = (failed: DaemonFailure['failed'], error: string) => {
      clearTimeout(timer);
      stream.destroy();
      resolve({ failed, error });
    };
    const timer = setTimeout(() => fail('upstream-unreachable', 'ETIMEDOUT'), timeoutMs);
    onGone(() => fail('client-gone', 'the client left'));
    const sink: AnswerSink = {
      head(got) {
        head = got;
        return 'body';
      },
      data(bytes) {
        size += bytes.length;
        if (size > bytesMax) fail('docker-answer-too-large', `more than ${bytesMax} bytes`);
        else pieces.push(Buffer.from(bytes));
        return size <= bytesMax;
      },
      end() {
        clearTimeout(timer);
        if (head !== null) resolve({ kind: 'whole', head, body: Buffer.concat(pieces) });
      },
      broken: () => fail('upstream-unreachable', 'the answer ended early'),
    };
    stream.expect(sink, call.method === 'HEAD');
    writeCall(socket, call);
  });
}

/**
 * Resolves with the head. A connection that the daemon has made a stream of is taken, when the call
 * is one that may become one (`hijack`). Never rejects.
 */
export async function askStream(
  pool: DaemonPool,
  call: DaemonCall,
  timeoutMs: number,
  hijack: boolean,
  onGone: OnGone,
  body: OpaqueBody | null = null,
): Promise<StreamAnswer | TakenAnswer | DaemonFailure> {
  const opened = await pool.open();
  if ('failed' in opened) return opened;
  const { link } = opened;
  return new Promise((resolve) => {
    const port = new BodyPort(link);
    const fail = (failed: DaemonFailure['failed'], error: string) => {
      clearTimeout(timer);
      link.stream.destroy();
      resolve({ failed, error });
    };
    const timer = setTimeout(() => fail('upstream-unreachable', 'ETIMEDOUT'), timeoutMs);
    onGone(() => fail('client-gone', 'the client left'));
    const sink: AnswerSink = {
      head(head) {
        clearTimeout(timer);
        if (!(hijack && isStream(head))) {
          resolve(port.answer(head));
          return 'body';
        }
        // The bytes behind the head are kept only after we have returned.
        queueMicrotask(() => {
          const early = link.stream.release();
          resolve({ kind: 'taken', head, socket: link.socket, early });
        });
        return 'take';
      },
      data: (bytes) => port.data(bytes),
      end: () => port.end(),
      broken() {
        port.broken();
        fail('upstream-unreachable', 'the answer ended early');
      },
    };
    link.stream.expect(sink, call.method === 'HEAD');
    writeCall(link.socket, call, body);
    if (body !== null) void writeBody(link.socket, body).catch(() => link.socket.destroy());
  });
}

/** The rest of an answer that was to be a stream; null when it is not whole or too large. */
export function readRest(answer: StreamAnswer, bytesMax: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let size = 0;
    answer.into({
      data(bytes) {
        size += bytes.length;
        if (size <= bytesMax) {
          pieces.push(Buffer.from(bytes));
          return true;
        }
        answer.abandon();
        resolve(null);
        return false;
      },
      end: () => resolve(Buffer.concat(pieces)),
      broken: () => resolve(null),
    });
  });
}

/** 101, or the 200 without a length of clients that ask for no upgrade. */
function isStream({ status, framing }: AnswerHead): boolean {
  return status === 101 || (status === 200 && framing.kind === 'close');
}

function writeCall(socket: BulkSocket, call: DaemonCall, opaque: OpaqueBody | null = null): void {
  const { method, path, body, upgrade, headers } = call;
  let head = `${method} ${path} HTTP/1.1\r\nHost: docker\r\n`;
  for (let index = 0; headers !== undefined && index + 1 < headers.length; index += 2) {
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  }
  if (upgrade !== null) head += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  if (opaque?.bytes === null) head += 'Transfer-Encoding: chunked\r\n';
  else if (opaque !== null) head += `Content-Length: ${opaque.bytes}\r\n`;
  else if (body !== null) {
    if (body.length > 0 && headers === undefined) head += 'Content-Type: application/json\r\n';
    head += `Content-Length: ${body.length}\r\n`;
  }
  if (body === null || body.length === 0) socket.write(`${head}\r\n`, 'latin1');
  else socket.write(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), body]));
}

async function writeBody(socket: BulkSocket, { bytes, pieces }: OpaqueBody): Promise<void> {
  for await (const piece of pieces) {
    if (socket.destroyed) return;
    if (piece.length === 0 || socket.write(bytes === null ? chunkOf(piece) : piece)) continue;
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve).once('close', resolve);
    });
  }
  if (bytes === null) socket.write(endOfChunks());
}

/** Holds the first piece of a body until somebody takes it. */
class BodyPort {
  readonly #link: DaemonLink;
  #sink: Omit<AnswerSink, 'head'> | null = null;
  #held: Buffer[] = [];
  #over: 'end' | 'broken' | null = null;

  constructor(link: DaemonLink) {
    this.#link = link;
  }

  answer(head: AnswerHead): StreamAnswer {
    return {
      kind: 'stream',
      head,
      into: (sink) => this.#into(sink),
      resume: () => this.#link.stream.resume(),
      abandon: () => this.#link.stream.destroy(),
    };
  }

  data(bytes: Buffer): boolean {
    if (this.#sink !== null) return this.#sink.data(bytes);
    this.#held.push(Buffer.from(bytes));
    return false;
  }

  end(): void {
    this.#over = 'end';
    this.#sink?.end();
  }

  broken(): void {
    this.#over ??= 'broken';
    this.#sink?.broken();
  }

  #into(sink: Omit<AnswerSink, 'head'>): void {
    this.#sink = sink;
    let goesOn = true;
    for (const piece of this.#held.splice(0)) goesOn = sink.data(piece) && goesOn;
    if (this.#over === 'end') sink.end();
    else if (this.#over === 'broken') sink.broken();
    else if (goesOn) this.#link.stream.resume();
  }
}
