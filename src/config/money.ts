// Money as the user writes it, to whole nano-dollars, by its decimal text: never through floating
// point.

/**
 * Shifts a decimal text's point to the right. Null when it is not a plain decimal or does not fit.
 */
function shifted(text: string, places: number): number | null {
  const match = /^([0-9]{1,16})(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return null;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > places) return null;
  const value = Number(`${match[1]}${fraction.padEnd(places, '0')}`);
  return Number.isSafeInteger(value) ? value : null;
}

/**
 * `0.1` is 100000000. Null when it has more than nine decimals, or is above nine million dollars.
 */
export function usdToNano(text: string): number | null {
  return shifted(text, 9);
}

/** US dollars per thousand uses to nano-dollars per use: `10` is 10000000. */
export function usdPerThousandToNano(text: string): number | null {
  return shifted(text, 6);
}

/** US dollars per million tokens to nano-dollars per token: `0.3` is 300. */
export function usdPerMillionToNano(text: string): number | null {
  return shifted(text, 3);
}
