// What a service says of its own health, as far as it can be believed: any process of the service
// may have written it, and it is shown to people.

import * as z from 'zod';
import { printable } from '../kit/printable.ts';
import type { Health } from '../kit/running.ts';

const healthSchema = z.object({ ready: z.boolean(), detail: z.string().max(4_096).optional() });

/** Never throws: what is no health is not ready. */
export function readHealth(said: unknown): Health {
  const parsed = healthSchema.safeParse(said);
  if (!parsed.success) return { ready: false, detail: 'its health cannot be read' };
  const { ready, detail } = parsed.data;
  return detail === undefined ? { ready } : { ready, detail: printable(detail) };
}
