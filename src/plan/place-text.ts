// Where something was declared, as the end of a sentence; nothing for what is there by default.

import { formatPlace, type Place } from '../kit/place.ts';

export function declared(at: Place): string {
  return at.line === 0 ? '' : ` (${formatPlace(at)})`;
}
