// Budget windows: which stretch of time a moment's spending counts in, and until when. Aligned ones
// are in UTC, a week begins on Monday. A rolling one counts in sixtieths of its length, each until
// the whole of it has left the window, so that no stretch of that length ever holds more.

export type BudgetWindow = 'hour' | 'day' | 'week' | 'month' | 'total';

export type Window =
  | BudgetWindow
  | { readonly rollingMs: number }
  /** One after another from a moment on: what a key's own duration means. */
  | { readonly everyMs: number; readonly fromMs: number };

const slices = 60;
const hourMs = 3_600_000;

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

/** The moment from which spending counts together with that of `atMs`. */
export function sliceOf(window: Window, atMs: number): number {
  if (typeof window === 'string') return windowStart(window, atMs);
  if ('everyMs' in window) {
    const { everyMs, fromMs } = window;
    return fromMs + Math.floor((atMs - fromMs) / everyMs) * everyMs;
  }
  const sliceMs = window.rollingMs / slices;
  return Math.floor(atMs / sliceMs) * sliceMs;
}

/** In which steps spending leaves the window; null where all of it leaves at once. */
export function sliceMsOf(window: Window): number | null {
  const isRolling = typeof window !== 'string' && 'rollingMs' in window;
  return isRolling ? window.rollingMs / slices : null;
}

/** Spending before it counts no more. */
export function countsFrom(window: Window, nowMs: number): number {
  if (typeof window === 'string' || 'everyMs' in window) return sliceOf(window, nowMs);
  return sliceOf(window, nowMs - window.rollingMs);
}

/** When some of what counts now will count no more; null where that is never. */
export function eases(window: Window, nowMs: number): number | null {
  if (window === 'total') return null;
  if (typeof window !== 'string') {
    return 'everyMs' in window
      ? sliceOf(window, nowMs) + window.everyMs
      : sliceOf(window, nowMs) + window.rollingMs / slices;
  }
  const longMs = { hour: 1, day: 24, week: 7 * 24, month: 31 * 24 }[window] * hourMs;
  return windowStart(window, windowStart(window, nowMs) + longMs);
}

/** `per day`, `in any 5 h`: for people. */
export function windowText(window: Window): string {
  if (window === 'total') return 'in total';
  if (typeof window === 'string') return `per ${window}`;
  return 'everyMs' in window
    ? `per ${durationText(window.everyMs)}`
    : `in any ${durationText(window.rollingMs)}`;
}

function durationText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', hourMs],
    ['min', 60_000],
    ['s', 1_000],
  ] as const;
  const unit = units.find(([, unitMs]) => ms >= unitMs && ms % unitMs === 0);
  return unit === undefined ? `${ms} ms` : `${ms / unit[1]} ${unit[0]}`;
}
