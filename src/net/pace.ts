// A client that gives or takes its bytes one at a time holds a connection, and what is kept for it,
// for as long as it likes. Time in which it is not the client that is waited for does not count.

export interface Pace {
  readonly bytesPerSecondMin: number;
  /** For which it may be slower. */
  readonly graceMs: number;
}

export interface Paced {
  /** Whether the client alone holds this up now. */
  waiting(): boolean;
  /** Bytes that have moved so far. */
  moved(): number;
}

const lookEveryMs = 1_000;

/** Calls `tooSlow` once at most; returns what ends the watch. */
export function watchPace(pace: Pace, sides: readonly Paced[], tooSlow: () => void): () => void {
  const everyMs = Math.min(lookEveryMs, pace.graceMs);
  // Looks in a row at which a side was waited for, and what had moved at the first of them.
  const stretches = sides.map((side) => ({ side, looks: 0, from: 0 }));
  const timer = setInterval(() => {
    for (const stretch of stretches) {
      const { side } = stretch;
      stretch.looks = side.waiting() ? stretch.looks + 1 : 0;
      if (stretch.looks <= 1) stretch.from = side.moved();
      const waitedMs = (stretch.looks - 1) * everyMs;
      const least = (pace.bytesPerSecondMin * waitedMs) / 1_000;
      if (waitedMs < pace.graceMs) continue;
      if (side.moved() - stretch.from >= least) {
        // What moved at first, into buffers on the way, is no credit for the hours after it.
        Object.assign(stretch, { looks: 1, from: side.moved() });
        continue;
      }
      clearInterval(timer);
      tooSlow();
      return;
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
