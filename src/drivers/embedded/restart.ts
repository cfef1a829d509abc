// When a service that ended is started again: soon, then later and later, then not any more. Pure.

export interface RestartRules {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  /** After being up this long, a service's earlier ends are forgotten. */
  readonly stableMs: number;
  /** This many ends in a row, and it is given up as failed. */
  readonly endsMax: number;
}

export const restartRules: RestartRules = {
  delayMsMin: 100,
  delayMsMax: 10_000,
  stableMs: 30_000,
  endsMax: 10,
};

/** The wait before the next start, or null to give up. `endsInARow` counts the end just seen. */
export function nextDelayMs(rules: RestartRules, endsInARow: number): number | null {
  if (endsInARow >= rules.endsMax) return null;
  return Math.min(rules.delayMsMax, rules.delayMsMin * 2 ** (endsInARow - 1));
}
