// When the CA is asked, and when it is not: computed only. A CA counts what it is asked and stops
// answering; so whatever goes wrong, the tries become rare.

export interface Life {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** With a third of its life left, however long that is; sooner where the CA wants it sooner. */
export function renewAtMs({ fromMs, untilMs }: Life, wantedMs: number | null): number {
  const third = untilMs - (untilMs - fromMs) / 3;
  return wantedMs === null ? third : Math.min(third, wantedMs);
}

/** Four failures of one name in an hour are one fewer than the strictest of the large CAs takes. */
const firstWaitMs = 15 * 60_000;
const longestWaitMs = 12 * 3_600_000;

/** Before the next try after so many that failed in a row; a CA that says longer is believed. */
export function waitAfterMs(failures: number, retryAfterMs: number | null): number {
  const own = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures - 1, 10));
  return Math.max(own, Math.min(retryAfterMs ?? 0, 7 * 24 * 3_600_000));
}

const dayMs = 86_400_000;

/** After one that came about: whatever says that it is due again at once is wrong, or not ours. */
export function restAfterMs({ fromMs, untilMs }: Life): number {
  return Math.min(dayMs, (untilMs - fromMs) / 6);
}
