// Carries bytes both ways between two connected sockets until both directions are over.

import type { Socket } from 'node:net';

export interface TunnelEnd {
  /** `closed`: both directions ended. `idle`: no byte for too long. `broken`: one side failed. */
  readonly how: 'closed' | 'idle' | 'broken';
}

/**
 * Joins two sockets made with allowHalfOpen: the end of one direction leaves the other open.
 * Back-pressure is the streams' own. When one side fails the other is aborted at once. Both are
 * closed when this resolves; it never rejects.
 */
export function joinSockets(near: Socket, far: Socket, idleTimeoutMs: number): Promise<TunnelEnd> {
  return new Promise((resolve) => {
    let how: TunnelEnd['how'] = 'closed';
    let open = 2;
    const abort = (why: TunnelEnd['how']) => {
      if (how === 'closed') how = why;
      near.destroy();
      far.destroy();
    };
    const onClose = (hadError: boolean) => {
      open -= 1;
      // A side that is gone without both ends having said so leaves the other nothing to wait for.
      if (open === 1 && (hadError || !isOver(near) || !isOver(far))) abort('broken');
      if (open === 0) resolve({ how });
    };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => abort('broken'));
      if (socket.closed) onClose(false);
      else socket.once('close', onClose);
    }
    // Every byte either way passes the near side, so its silence is the tunnel's.
    near.setTimeout(idleTimeoutMs, () => abort('idle'));
    near.pipe(far);
    far.pipe(near);
  });
}

function isOver(socket: Socket): boolean {
  return socket.readableEnded && socket.writableFinished;
}
