// A place that a role's rules carry as text, back to a place.

import { defaultPlace, type Place } from '../kit/place.ts';

/** The other way round of formatPlace(). */
export function placeOf(text: string): Place {
  const match = /^(.+):([0-9]+):([0-9]+)$/s.exec(text);
  if (match !== null) {
    return { file: match[1] ?? '', line: Number(match[2]), column: Number(match[3]) };
  }
  const file = text.replace(/ \(default\)$/, '');
  return file === '' ? defaultPlace() : defaultPlace(file);
}
