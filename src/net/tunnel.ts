// Carries bytes both ways between two connected sockets until both directions are over, or until
// whoever watches says that it is enough.

import type { Socket } from 'node:net';
import { BulkSocket } from './bulk-socket.ts';
import { type Hold, holdBack } from './tunnel-hold.ts';

export interface TunnelEnd<Why extends string = never> {
  /**
   * `closed`: both directions ended. `idle`: no byte for too long. `broken`: one side failed.
   * Otherwise why whoever watches ended it.
   */
  readonly how: 'closed' | 'idle' | 'broken' | Why;
}

export interface TunnelWatch<Why extends string> {
  readonly idleTimeoutMs: number;
  /** Asked before bytes are passed on; a reason ends the tunnel, and they are not passed on. */
  readonly up?: (bytes: number) => Why | null;
  readonly down?: (bytes: number) => Why | null;
  /** Stands before the near side until it is over. */
  readonly hold?: Hold<Why>;
  /** Gets what the far side says, until it is over, and gives what of it is passed on. */
  readonly change?: (bytes: Buffer) => Changed<Why>;
}

export type Changed<Why> =
  | { readonly pass: Buffer; readonly isOver: boolean }
  | { readonly no: Why };

export interface Tunnel<Why extends string> {
  /** Both sockets are closed when it resolves; it never rejects. */
  readonly ended: Promise<TunnelEnd<Why>>;
  /** Closes both sides at once. */
  end(why: Why): void;
}

/**
 * Joins two sockets made with allowHalfOpen: the end of one direction leaves the other open. When
 * one side fails the other is aborted at once. A far side that is a BulkSocket is read in the fast
 * way.
 */
export function joinSockets<Why extends string = never>(
  near: Socket,
  far: Socket,
  watch: TunnelWatch<Why>,
): Tunnel<Why> {
  const settled = Promise.withResolvers<TunnelEnd<Why>>();
  let how: TunnelEnd<Why>['how'] = 'closed';
  let open = 2;
  const abort = (why: TunnelEnd<Why>['how']) => {
    if (how === 'closed') how = why;
    near.destroy();
    far.destroy();
  };
  const onClose = (hadError: boolean) => {
    open -= 1;
    // A side that is gone without both ends having said so leaves the other nothing to wait for.
    if (open === 1 && (hadError || !isOver(near) || !isOver(far))) abort('broken');
    if (open === 0) settled.resolve({ how });
  };
  const onError = () => abort('broken');
  for (const socket of [near, far]) {
    socket.on('error', onError);
    if (socket.closed) onClose(false);
    else socket.once('close', onClose);
  }
  // Every byte either way passes the near side, so its silence is the tunnel's.
  near.setTimeout(watch.idleTimeoutMs, () => abort('idle'));
  const change = passOnUp(near, far, watch, abort) ?? watch.change;
  const gate = gateOf(watch.down, abort, change);
  if (far instanceof BulkSocket) passOnLent(far, near, gate);
  else passOn(far, near, gate);
  return { ended: settled.promise, end: abort };
}

function passOnUp<Why extends string>(
  near: Socket,
  far: Socket,
  { up, hold }: TunnelWatch<Why>,
  abort: (why: Why) => void,
): TunnelWatch<Why>['change'] {
  const release = () => passOn(near, far, gateOf(up, abort));
  if (hold === undefined) {
    release();
    return;
  }
  const passed = (bytes: number) => up?.(bytes) ?? null;
  const judgeAnew = holdBack(near, far, hold, passed, abort, release);
  return (bytes) => {
    if (hold.far(bytes)) judgeAnew();
    return { pass: bytes, isOver: hold.isOver };
  };
}

/** Gives what of these bytes is passed on; null once it has ended the tunnel. */
type Gate = (bytes: Buffer) => Buffer | null;

function gateOf<Why extends string>(
  count: ((bytes: number) => Why | null) | undefined,
  abort: (why: Why) => void,
  change: TunnelWatch<Why>['change'] = undefined,
): Gate {
  return (bytes) => {
    let pass = bytes;
    if (change !== undefined) {
      const changed = change(bytes);
      if ('no' in changed) {
        abort(changed.no);
        return null;
      }
      if (changed.isOver) change = undefined;
      pass = changed.pass;
    }
    const no = count?.(pass.length) ?? null;
    if (no === null) return pass;
    abort(no);
    return null;
  };
}

function passOn(from: Socket, to: Socket, gate: Gate): void {
  const onDrain = () => from.resume();
  from.on('data', (bytes: Buffer) => {
    const pass = gate(bytes);
    if (pass === null || to.write(pass)) return;
    from.pause();
    to.once('drain', onDrain);
  });
  passOnEnd(from, to);
  from.resume(); // Whoever read its first bytes has left it paused.
}

/** The end may have come already, right behind the bytes that whoever read first has taken. */
function passOnEnd(from: Socket, to: Socket): void {
  if (from.readableEnded) to.end();
  else from.once('end', () => to.end());
}

/** Lent bytes must have left the process before the next are read over them. */
function passOnLent(from: BulkSocket, to: Socket, gate: Gate): void {
  let waits = false;
  const onWritten = () => {
    if (!waits) return;
    waits = to.writableLength > 0;
    if (!waits) from.resume();
  };
  passOnEnd(from, to);
  from.readInto((bytes) => {
    const pass = gate(bytes);
    if (pass === null) return false;
    to.write(pass, onWritten);
    waits = to.writableLength > 0;
    return !waits;
  });
}

function isOver(socket: Socket): boolean {
  return socket.readableEnded && socket.writableFinished;
}
