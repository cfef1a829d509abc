// Counts the bytes of one tunnel as they pass, against its own bounds and those of its window.

import type { Reason } from '../../policy/reasons.ts';
import type { Carried } from './egress-metrics.ts';
import type { TunnelBounds } from './tunnel-bounds.ts';

export class ByteCount {
  /** What has been passed on so far. */
  bytesUp = 0;
  bytesDown = 0;
  readonly #bounds: TunnelBounds;
  readonly #carried: Carried;

  constructor(bounds: TunnelBounds, carried: Carried) {
    this.#bounds = bounds;
    this.#carried = carried;
  }

  /** Asked before bytes are passed on: a reason when they may not be. */
  up(bytes: number): Reason | null {
    const { limits, window } = this.#bounds;
    if (this.bytesUp + bytes > limits.bytesUpMax) return 'tunnel-bytes-up';
    const no = window.up(bytes);
    if (no !== null) return no;
    this.bytesUp += bytes;
    this.#carried.bytesIn += bytes;
    return null;
  }

  down(bytes: number): Reason | null {
    const { limits, window } = this.#bounds;
    if (this.bytesDown + bytes > limits.bytesDownMax) return 'tunnel-bytes-down';
    const no = window.down(bytes);
    if (no !== null) return no;
    this.bytesDown += bytes;
    this.#carried.bytesOut += bytes;
    return null;
  }
}
