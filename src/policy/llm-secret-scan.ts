// Finds any of many byte strings in a large text in one pass that looks at a fraction of its bytes
// (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994): three bytes at the end of
// a window say how far it can move, and only where they end some pattern's beginning is compared.

export interface Found {
  readonly start: number;
  readonly end: number;
}

export interface Match extends Found {
  readonly pattern: Uint8Array;
}

export interface SecretScanner {
  /** Every place where one stands; they may overlap. */
  find(text: Uint8Array): readonly Match[];
}

const tableSize = 1 << 16;
const blockBytes = 3;
/** Windows are no longer: a shift is one byte. */
const windowMax = 255;

export function makeSecretScanner(patterns: readonly Uint8Array[]): SecretScanner {
  const usable = patterns.filter(({ length }) => length >= blockBytes);
  if (usable.length === 0) return { find: () => [] };
  const window = Math.min(windowMax, ...usable.map(({ length }) => length));
  const shifts = new Uint8Array(tableSize).fill(window - blockBytes + 1);
  const ending = new Map<number, Uint8Array[]>();
  for (const pattern of usable) {
    for (let end = blockBytes; end <= window; end++) {
      const block = blockAt(pattern, end);
      shifts[block] = Math.min(shifts[block] ?? 0, window - end);
      if (end === window) ending.set(block, [...(ending.get(block) ?? []), pattern]);
    }
  }
  return { find: (text) => matches(text, window, shifts, ending) };
}

function matches(
  text: Uint8Array,
  window: number,
  shifts: Uint8Array,
  ending: ReadonlyMap<number, readonly Uint8Array[]>,
): Match[] {
  const found: Match[] = [];
  const { length } = text;
  for (let end = window; end <= length; ) {
    const block = blockAt(text, end);
    const shift = shifts[block] ?? 1;
    if (shift > 0) {
      end += shift;
      continue;
    }
    const start = end - window;
    for (const pattern of ending.get(block) ?? []) {
      if (isAt(text, start, pattern)) found.push({ start, end: start + pattern.length, pattern });
    }
    end += 1;
  }
  return found;
}

/** Of the three bytes before `end`; different ones may share a number, which costs a comparison. */
function blockAt(bytes: Uint8Array, end: number): number {
  const front = ((bytes[end - 3] ?? 0) << 8) ^ ((bytes[end - 2] ?? 0) << 4);
  return (front ^ (bytes[end - 1] ?? 0)) & (tableSize - 1);
}

function isAt(text: Uint8Array, start: number, pattern: Uint8Array): boolean {
  if (start + pattern.length > text.length) return false;
  for (let index = 0; index < pattern.length; index++) {
    if (text[start + index] !== pattern[index]) return false;
  }
  return true;
}

/** In order; overlapping ones are one. */
export function joined(found: readonly Found[]): readonly Found[] {
  const ordered = [...found].sort((a, b) => a.start - b.start);
  const joint: { start: number; end: number }[] = [];
  for (const { start, end } of ordered) {
    const last = joint.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else joint.push({ start, end });
  }
  return joint;
}
