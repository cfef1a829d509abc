// One connection's state, and the ways it ends.

import type { Socket } from 'node:net';
import type { Decision } from '../../policy/decision.ts';
import type { Reason } from '../../policy/reasons.ts';
import { type House, writeRecord } from './house.ts';

export interface Visit {
  readonly caller: string;
  readonly socket: Socket;
  /** Who is at the other end, once they have signed in. */
  scope: string | null;
  /** A key or a method of theirs was refused, and that is written down. */
  isRefused: boolean;
  channels: number;
  /** A command begins; what is returned says that it is over. */
  working(): () => void;
  /** Ends the connection, written down under this reason. */
  end(reason: Reason): void;
}

/** Waiting to be sent, or to be read by a command: more means the other end breaks its window. */
export const heldBytesMax = 8 * 1024 * 1024;

export function openVisit(house: House, caller: string, socket: Socket): Visit {
  const startedMs = house.world.monotonicMs();
  let hasEnded = false;
  let commands = 0;
  const visit: Visit = {
    caller,
    socket,
    scope: null,
    isRefused: false,
    channels: 0,
    working: () => {
      commands += 1;
      return () => {
        commands -= 1;
        idle.refresh();
      };
    },
    end: (reason) => {
      if (hasEnded) return;
      hasEnded = true;
      writeRecord(house, caller, deny(reason), startedMs, { scope: visit.scope });
      socket.destroy();
    },
  };
  // Not the socket's own: both ends ask each other every few seconds whether they are there.
  const idle = setTimeout(() => {
    if (commands === 0) visit.end('sandbox-idle');
  }, house.settings.limits.idleTimeoutMs);
  socket.once('close', () => clearTimeout(idle));
  return visit;
}

export function deny(reason: Reason): Decision {
  return { verdict: 'deny', reason, rule: null };
}
