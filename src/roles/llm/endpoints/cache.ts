// What LiteLLM's tools ask of its cache. Answers are not cached here, and that is said rather than
// feigned.

import type { Exchange } from './endpoint.ts';

export function cacheAbsent({ ticket }: Exchange): void {
  ticket.refuse({ reason: 'cache-absent', message: 'Answers are not cached here.' });
}
