// Reads from a socket just until its first bytes are judged, within a deadline, and leaves the
// stream as if nobody had listened yet, for the tunnel to take over.

import type { Socket } from 'node:net';

export type ReadEnd<T> =
  | { readonly ended: 'judged'; readonly got: Buffer; readonly judged: T }
  | { readonly ended: 'timeout'; readonly got: Buffer }
  | { readonly ended: 'gone'; readonly got: Buffer };

/**
 * Feeds `judge` everything read so far, beginning with `start`, until it gives something else
 * than null. `fresh` tells it where the bytes begin that it has not seen. The judge bounds what
 * is read.
 */
export function readUntil<T>(
  socket: Socket,
  start: Buffer,
  timeoutMs: number,
  judge: (got: Buffer, fresh: number) => T | null,
): Promise<ReadEnd<T>> {
  const first = judge(start, 0);
  if (first !== null) return Promise.resolve({ ended: 'judged', got: start, judged: first });
  return new Promise((resolve) => {
    let got = start;
    const timer = setTimeout(() => finish({ ended: 'timeout', got }), timeoutMs);
    const onData = (chunk: Buffer) => {
      const fresh = got.length;
      got = fresh === 0 ? chunk : Buffer.concat([got, chunk]);
      const judged = judge(got, fresh);
      if (judged !== null) finish({ ended: 'judged', got, judged });
    };
    const onGone = () => finish({ ended: 'gone', got });
    socket.on('data', onData).on('end', onGone).on('close', onGone);
    // The end may have come, and been told, together with the bytes that the last reader took.
    if (socket.destroyed || socket.readableEnded) onGone();
    else socket.resume();

    function finish(end: ReadEnd<T>): void {
      clearTimeout(timer);
      // Paused first: what has come behind the judged bytes is for the next reader.
      socket.pause().off('data', onData).off('end', onGone).off('close', onGone);
      resolve(end);
    }
  });
}
