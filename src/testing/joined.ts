// Two sockets joined to a tunnel that is looked at every few milliseconds, and a promise of how it
// ended.

import type { Socket } from 'node:net';
import { Tunnel, type TunnelEnd } from '../net/tunnel.ts';

interface Bounds<Why> {
  readonly idleTimeoutMs: number;
  readonly up?: (bytes: number) => Why | null;
  readonly down?: (bytes: number) => Why | null;
  /** Called before the end is passed on. */
  readonly over?: () => void;
}

/** Resolves once both sockets are closed. */
export function joined<Why extends string = never>(
  near: Socket,
  far: Socket,
  { idleTimeoutMs, up, down, over }: Bounds<Why>,
): Promise<TunnelEnd<Why>> {
  return new Promise((resolve) => {
    let how: TunnelEnd<Why> = 'closed';
    const tunnel = new Tunnel<Why>(near, far, {
      idleTimeoutMs,
      count: { up: (bytes) => up?.(bytes) ?? null, down: (bytes) => down?.(bytes) ?? null },
      over(end) {
        how = end;
        over?.();
      },
      closed() {
        clearInterval(looks);
        resolve(how);
      },
    });
    const looks = setInterval(() => tunnel.look(performance.now()), 5);
  });
}
