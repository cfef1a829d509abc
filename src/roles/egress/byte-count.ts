// Counts the bytes of one tunnel as they pass, against its own bounds and those of its window.

import type { Reason } from '../../policy/reasons.ts';
import type { Carried } from './egress-metrics.ts';
import type { TunnelBounds } from './tunnel-bounds.ts';

export interface ByteCount {
  /** Asked before bytes are passed on: a reason when they may not be. */
  readonly up: (bytes: number) => Reason | null;
  readonly down: (bytes: number) => Reason | null;
  /** What has been passed on so far. */
  readonly so: { up: number; down: number };
}

export function countBytes({ limits, window }: TunnelBounds, carried: Carried): ByteCount {
  const { bytesUpMax, bytesDownMax } = limits;
  const so = { up: 0, down: 0 };
  return {
    so,
    up(bytes) {
      if (so.up + bytes > bytesUpMax) return 'tunnel-bytes-up';
      const no = window.up(bytes);
      if (no !== null) return no;
      so.up += bytes;
      carried.bytesIn += bytes;
      return null;
    },
    down(bytes) {
      if (so.down + bytes > bytesDownMax) return 'tunnel-bytes-down';
      const no = window.down(bytes);
      if (no !== null) return no;
      so.down += bytes;
      carried.bytesOut += bytes;
      return null;
    },
  };
}
