// Whatever else speaks the Messages API at a base URL of the user's: gateways, vLLM, llama.cpp.

import type { Adapter } from './adapter.ts';
import { anthropic } from './anthropic.ts';

const { stopsWhenLeft: _ofAnthropicAlone, ...like } = anthropic;
export const anthropicCompatible: Adapter = { ...like, kind: 'anthropic-compatible' };
