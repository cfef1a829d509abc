// Nano-dollars as people read them.

/**
 * To a hundredth of a cent, and of a smaller amount its first two digits: `$1.2346`, `$0.00012`,
 * `$0.0000044`. `rounded` says which way, for a need must not look smaller than it is, and what is
 * left must not look like more.
 */
export function dollars(nanoUsd: number, rounded: (value: number) => number = Math.round): string {
  const digits = nanoUsd === 0 ? 7 : String(Math.abs(nanoUsd)).length;
  const hidden = Math.min(5, Math.max(0, digits - 2));
  const step = 10 ** hidden;
  const shown = Math.abs((rounded(nanoUsd / step) * step) / 1e9).toFixed(9 - hidden);
  return `${nanoUsd < 0 ? '-' : ''}$${shown}`;
}
