// Fireworks: three dialects. Its base URL ends in /inference.

import { type Adapter, bothLike } from './adapter.ts';

export const fireworks: Adapter = { kind: 'fireworks', ...bothLike, stopsWhenLeft: true };
