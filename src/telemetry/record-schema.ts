// A decision's line as it is read back. Every role that decides writes these fields; each role's
// own record adds what it says beyond them.

import * as z from 'zod';

/** Fields of later versions are kept out. `report`: let through, though a rule would refuse it. */
export const decisionFields = z.object({
  event: z.literal('decision'),
  service: z.string(),
  /** ISO 8601, when the request ended. */
  time: z.iso.datetime(),
  requestId: z.string(),
  caller: z.string(),
  verdict: z.enum(['allow', 'deny', 'report']),
  reason: z.string(),
  rule: z.string().nullable(),
  durationMs: z.number().nonnegative(),
});
