// The section `verify`: how often the stack looks at itself.

import * as z from 'zod';
import type { Reader } from '../kit/located/reader.ts';
import type { StackOptions } from '../topology/options.ts';
import { durationMs, durationText } from './fields.ts';

/** A look less often than that is better asked for by hand; and timers cannot wait for a month. */
const longestMs = 7 * 86_400_000;
const never = 'never';

const howOften = z.union([z.literal(never), durationText], {
  error: 'must be a number of minutes, hours or days, 90m, 5h or 7d; or `never`',
});

export const verifySchema = z.strictObject({
  every: howOften
    .refine((text) => text === never || durationMs(text) <= longestMs, {
      error: 'must be 7d at most; `never` for not at all',
    })
    .describe('How often, at low priority; 1h when left out.'),
});

export function readVerify(reader: Reader): Pick<StackOptions, 'verifyEveryMs'> {
  const section = reader.readMap(['verify'], verifySchema);
  if (section?.every === undefined) return {};
  return { verifyEveryMs: section.every === never ? null : durationMs(section.every) };
}
