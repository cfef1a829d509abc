// What something costs, done many times over: processor time, which others on the machine do not
// change, and the clock's time of each.

export interface Cost {
  /** Microseconds of processor time, each. */
  readonly cpuUs: number;
  /** Milliseconds of the clock. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function costOf<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<unknown>,
): Promise<Cost> {
  const times: number[] = [];
  const before = process.cpuUsage();
  for (const item of items) {
    const fromMs = performance.now();
    await act(item);
    times.push(performance.now() - fromMs);
  }
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { cpuUs: (user + system) / items.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
