// StackOptions as short JSON for golden cases: only what differs from others, places as text.

import { formatPlace } from '../kit/place.ts';
import type { StackOptions } from '../topology/options.ts';

export function summary(options: StackOptions, standard: Partial<StackOptions>): string {
  const changed = Object.entries(options).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(standard[key as keyof StackOptions]),
  );
  return JSON.stringify(Object.fromEntries(changed), placesAsText, 2);
}

function placesAsText(_key: string, value: unknown): unknown {
  const isPlace = typeof value === 'object' && value !== null && 'line' in value;
  return isPlace ? formatPlace(value as Parameters<typeof formatPlace>[0]) : value;
}
