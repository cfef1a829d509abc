// Budget windows: when the one that holds a given moment began. All in UTC; a week begins on
// Monday.

export type BudgetWindow = 'hour' | 'day' | 'week' | 'month' | 'total';

/** Milliseconds since the epoch; 0 for `total`, which never begins anew. */
export function windowStart(window: BudgetWindow, nowMs: number): number {
  if (window === 'total') return 0;
  const at = new Date(nowMs);
  if (window === 'hour') return at.setUTCMinutes(0, 0, 0);
  at.setUTCHours(0, 0, 0, 0);
  if (window === 'week') at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7));
  if (window === 'month') at.setUTCDate(1);
  return at.getTime();
}
