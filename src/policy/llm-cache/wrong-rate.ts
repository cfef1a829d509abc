// How often an answer for something similar was wrong, from those that were checked, and what the
// true share may be by them.

export interface Share {
  readonly share: number;
  /** Where it is with 95 % confidence. */
  readonly low: number;
  readonly high: number;
}

/** The normal distribution's, for 95 % on both sides together. */
const deviations = 1.959964;

/**
 * Wilson's interval, which is a sensible one also where none of a few was wrong. Null where none
 * was checked.
 */
export function shareOf(wrong: number, checked: number): Share | null {
  if (checked === 0) return null;
  const share = wrong / checked;
  const square = deviations ** 2;
  const middle = (share + square / (2 * checked)) / (1 + square / checked);
  const spread =
    (deviations * Math.sqrt((share * (1 - share)) / checked + square / (4 * checked ** 2))) /
    (1 + square / checked);
  return { share, low: Math.max(0, middle - spread), high: Math.min(1, middle + spread) };
}

/** The same, of a whole of which what was checked stands for a part. */
export function partOf({ share, low, high }: Share, part: number): Share {
  return { share: share * part, low: low * part, high: high * part };
}
