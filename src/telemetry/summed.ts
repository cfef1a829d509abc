// Counters that every request adds to. The metrics library finds a counter's child by a name that
// it makes of all labels each time; here a sum is found by a name its owner has made, and handed
// over when the page of metrics is read.

import type { CounterConfiguration, LabelValues } from 'prom-client';
import { Counter } from './prom.ts';

/** `name` tells one set of labels from every other of this counter. */
export type Add<Label extends string> = (
  name: string,
  labels: LabelValues<Label>,
  value: number,
) => void;

export function summed<Label extends string>(
  settings: Omit<CounterConfiguration<Label>, 'collect'>,
): Add<Label> {
  const sums = new Map<string, { readonly labels: LabelValues<Label>; value: number }>();
  new Counter<Label>({
    ...settings,
    collect() {
      for (const sum of sums.values()) {
        this.inc(sum.labels, sum.value);
        sum.value = 0;
      }
    },
  });
  return (name, labels, value) => {
    const known = sums.get(name);
    if (known === undefined) sums.set(name, { labels, value });
    else known.value += value;
  };
}
