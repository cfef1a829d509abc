// One call to the Docker daemon, made anew: nothing of what the client wrote goes along but what
// the policy has made of it. The answer is read whole, or taken as it comes.

import type { BulkSocket } from '../../net/bulk-socket.ts';
import type { AnswerHead } from '../../net/http1/answer-head.ts';
import type { AnswerSink } from '../../net/http1/answer-stream.ts';
import { BodyPort, type StreamAnswer } from './body-port.ts';
import type { DaemonFailure, DaemonLink, DaemonPool } from './daemon-pool.ts';
import { type DaemonCall, type OpaqueBody, writeBody, writeCall } from './write-call.ts';

export interface WholeAnswer {
  readonly kind: 'whole';
  readonly head: AnswerHead;
  readonly body: Buffer;
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
    let isOver = false;
    const fail = (failed: DaemonFailure['failed'], error: string) => {
      // The connection may be another call's by now: it is not ours to end.
      if (isOver) return;
      isOver = true;
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
        isOver = true;
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
      if (port.hasEnded()) return;
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

/** 101, or the 200 without a length of clients that ask for no upgrade. */
function isStream({ status, framing }: AnswerHead): boolean {
  return status === 101 || (status === 200 && framing.kind === 'close');
}
