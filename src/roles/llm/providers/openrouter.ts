// OpenRouter: three dialects over one key. Its base URL ends in /api.

import { type Adapter, bothLike } from './adapter.ts';

export const openrouter: Adapter = { kind: 'openrouter', ...bothLike };
