// Carries bytes both ways between two connected sockets until both directions are over, or until
// whoever watches says that it is enough. Made to be cheap when there are thousands of them: no
// timer, no promise, a few functions each.

import type { Socket } from 'node:net';
import { BulkSocket, type TakeBytes } from './bulk-socket.ts';
import { type Hold, holdBack } from './tunnel-hold.ts';

/**
 * `closed`: both directions ended. `idle`: no byte for too long. `broken`: one side failed.
 * Otherwise why whoever watches ended it.
 */
export type TunnelEnd<Why extends string = never> = 'closed' | 'idle' | 'broken' | Why;

export interface TunnelWatch<Why extends string> {
  readonly idleTimeoutMs: number;
  readonly count: {
    /** Asked before bytes are passed on; a reason ends the tunnel, and they are not passed on. */
    up(bytes: number): Why | null;
    down(bytes: number): Why | null;
  };
  /**
   * Once, when no more bytes will pass: those that did are with the kernel, and neither side has
   * been told yet that it is over, unless it said so itself. What is to be kept of it is kept here.
   */
  over(how: TunnelEnd<Why>): void;
  /** Once, after that: both sockets are closed. */
  closed(): void;
}

export type Changed<Why> =
  | { readonly pass: Buffer; readonly isOver: boolean }
  | { readonly no: Why };

/** What stands in the way of the bytes at first. */
export interface TunnelGuards<Why> {
  /** Stands before the near side until it is over. */
  readonly hold?: Hold<Why>;
  /** Gets what the far side says, until it is over, and gives what of it is passed on. */
  readonly change?: Change<Why>;
}

type Change<Why> = (bytes: Buffer) => Changed<Why>;

const nothing = Buffer.alloc(0);

/**
 * Joins two sockets made with allowHalfOpen: the end of one direction leaves the other open. When
 * one side fails the other is aborted at once. A side that is a BulkSocket is read in the fast way.
 */
export class Tunnel<Why extends string = never> {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #watch: TunnelWatch<Why>;
  #ways = 2;
  #sockets = 2;
  #how: TunnelEnd<Why> | null = null;
  #isNearPaused = false;
  #isFarPaused = false;
  /** Counts what passes, so that a look now and then sees whether anything did. */
  #moves = 0;
  #movesSeen = -1;
  #quietSinceMs = 0;
  /** Whether the system looks how fast the near or the far side takes what it was sent. */
  #isTimed = false;
  readonly #onTimeout = () => this.end('idle');

  constructor(near: Socket, far: Socket, watch: TunnelWatch<Why>, guards: TunnelGuards<Why> = {}) {
    this.#near = near;
    this.#far = far;
    this.#watch = watch;
    const onError = () => this.end('broken');
    for (const socket of [near, far]) {
      socket.on('error', onError);
      const onClose = (hadError: boolean) => this.#onClose(socket, hadError);
      if (socket.closed) process.nextTick(onClose, false);
      else socket.on('close', onClose);
    }
    this.#join(guards);
  }

  /** Closes both sides at once. */
  end(how: TunnelEnd<Why>): void {
    if (this.#how === null) {
      this.#how = how;
      this.#watch.over(how);
    }
    this.#near.destroy();
    this.#far.destroy();
  }

  /** Ends it when nothing has passed for the idle time; to be called several times in that. */
  look(nowMs: number): void {
    if (this.#moves !== this.#movesSeen) {
      this.#movesSeen = this.#moves;
      this.#quietSinceMs = nowMs;
      if (this.#isTimed) this.#timeWrites(0);
    } else if (this.#near.writableLength > 0 || this.#far.writableLength > 0) {
      // A piece that is taken slowly is no silence, and only the socket sees it go.
      if (!this.#isTimed) this.#timeWrites(this.#watch.idleTimeoutMs);
    } else if (nowMs - this.#quietSinceMs >= this.#watch.idleTimeoutMs) this.end('idle');
  }

  #timeWrites(timeoutMs: number): void {
    this.#isTimed = timeoutMs > 0;
    for (const socket of [this.#near, this.#far]) {
      if (!this.#isTimed) socket.setTimeout(0).off('timeout', this.#onTimeout);
      else if (socket.writableLength > 0)
        socket.setTimeout(timeoutMs).on('timeout', this.#onTimeout);
    }
  }

  #join({ hold, change }: TunnelGuards<Why>): void {
    const [near, far] = [this.#near, this.#far];
    const onWritten = () => this.#written();
    const passUp = () => {
      this.#passOnEnd(near, far, onWritten);
      const take = (bytes: Buffer) => {
        if (!this.#mayPass(this.#watch.count.up(bytes.length))) return false;
        this.#isNearPaused = mustWait(near, far, far.write(bytes, onWritten));
        return !this.#isNearPaused;
      };
      readAll(near, take);
    };
    if (hold === undefined) passUp();
    this.#passDown(hold === undefined ? change : this.#holdBack(hold, passUp), onWritten);
  }

  #passDown(change: Change<Why> | undefined, onWritten: () => void): void {
    const [near, far] = [this.#near, this.#far];
    let changing = change;
    const take = (bytes: Buffer) => {
      let pass = bytes;
      if (changing !== undefined) {
        const changed = changing(bytes);
        if ('no' in changed) return this.#mayPass(changed.no);
        if (changed.isOver) changing = undefined;
        pass = changed.pass;
      }
      if (pass.length === 0) return true;
      if (!this.#mayPass(this.#watch.count.down(pass.length))) return false;
      this.#isFarPaused = mustWait(far, near, near.write(pass, onWritten));
      return !this.#isFarPaused;
    };
    this.#passOnEnd(far, near, onWritten);
    readAll(far, take);
  }

  #holdBack(hold: Hold<Why>, release: () => void): Change<Why> {
    const passed = (bytes: number) => {
      this.#moves += 1;
      return this.#watch.count.up(bytes);
    };
    const end = (why: Why) => this.end(why);
    const judgeAnew = holdBack(this.#near, this.#far, hold, passed, end, release);
    return (bytes) => {
      if (hold.far(bytes)) judgeAnew();
      return { pass: bytes, isOver: hold.isOver };
    };
  }

  #mayPass(no: Why | null): boolean {
    this.#moves += 1;
    if (no !== null) this.end(no);
    return no === null;
  }

  /** The end may have come already, right behind the bytes that whoever read first has taken. */
  #passOnEnd(from: Socket, to: Socket, onWritten: () => void): void {
    const onEnd = () => {
      this.#ways -= 1;
      this.#moves += 1;
      if (this.#ways > 0) return void to.end();
      // Also what was written before the tunnel was made is waited for.
      if (to.writableLength > 0 && !to.destroyed) to.write(nothing, onWritten);
      this.#finish();
    };
    if (from.readableEnded) onEnd();
    else from.on('end', onEnd);
  }

  #written(): void {
    this.#moves += 1;
    if (this.#isNearPaused && this.#far.writableLength === 0) {
      this.#isNearPaused = false;
      this.#near.resume();
    }
    if (this.#isFarPaused && this.#near.writableLength === 0) {
      this.#isFarPaused = false;
      this.#far.resume();
    }
    if (this.#ways === 0) this.#finish();
  }

  #finish(): void {
    if (this.#how !== null || this.#near.writableLength > 0 || this.#far.writableLength > 0) return;
    this.#how = 'closed';
    this.#watch.over('closed');
    // All is said and heard, so closing loses nothing; but TLS wants to say so itself.
    for (const socket of [this.#near, this.#far]) {
      if ('encrypted' in socket) socket.end();
      else socket.destroy();
    }
  }

  #onClose(socket: Socket, hadError: boolean): void {
    this.#sockets -= 1;
    // A side that is gone without both ends having said so leaves the other nothing to wait for.
    if (this.#how === null && (hadError || this.#ways > 0 || socket.writableLength > 0)) {
      this.end('broken');
    }
    if (this.#sockets === 0) this.#watch.closed();
  }
}

/** Lent bytes must have left the process before the next are read over them. */
function mustWait(from: Socket, to: Socket, isTaken: boolean): boolean {
  return from instanceof BulkSocket ? to.writableLength > 0 : !isTaken;
}

/** Whoever read its first bytes has left it paused. */
function readAll(from: Socket, take: TakeBytes): void {
  const onData = (bytes: Buffer) => {
    if (!take(bytes)) from.pause();
  };
  if (from instanceof BulkSocket) from.readInto(take);
  else from.on('data', onData).resume();
}
