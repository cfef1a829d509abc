// Observations as bytes, four each, so that a store keeps many of them in little room.

import type { Observation } from '../../../policy/llm-cache/types.ts';

export const observationBytes = 4;
/** Of one entry, the latest: more say little new. */
export const entryObservationsMax = 256;

/** A similarity moved away from nought, so that the sign can say whether it meant the same. */
const offset = 2;

export function packObservations(observations: readonly Observation[]): Buffer {
  const bytes = Buffer.alloc(observations.length * observationBytes);
  observations.forEach(({ similarity, same }, at) => {
    const moved = similarity + offset;
    bytes.writeFloatLE(same ? moved : -moved, at * observationBytes);
  });
  return bytes;
}

/** What is no observation is left out. */
export function unpackObservations(bytes: Buffer): Observation[] {
  const observations: Observation[] = [];
  for (let at = 0; at + observationBytes <= bytes.length; at += observationBytes) {
    const value = bytes.readFloatLE(at);
    const similarity = Math.abs(value) - offset;
    if (similarity >= -1.001 && similarity <= 1.001)
      observations.push({ similarity, same: value > 0 });
  }
  return observations;
}

/** With one more at the end; the oldest go where there are more than `countMax`. */
export function withObservation(bytes: Buffer | null, one: Observation, countMax: number): Buffer {
  const all = Buffer.concat([bytes ?? Buffer.alloc(0), packObservations([one])]);
  return all.subarray(Math.max(0, all.length - countMax * observationBytes));
}
