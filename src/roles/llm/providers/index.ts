// The list of providers: one file and one line adds one.

import type { ProviderKind, ProviderSettings } from '../routing/settings.ts';
import type { Adapter } from './adapter.ts';
import { anthropic } from './anthropic.ts';
import { anthropicCompatible } from './anthropic-compatible.ts';
import { azureOpenai } from './azure-openai.ts';
import { bedrock } from './bedrock.ts';
import { cerebras } from './cerebras.ts';
import { cohere } from './cohere.ts';
import { deepseek } from './deepseek.ts';
import { fireworks } from './fireworks.ts';
import { gemini } from './gemini.ts';
import { groq } from './groq.ts';
import { mistral } from './mistral.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { openrouter } from './openrouter.ts';
import { together } from './together.ts';
import { vertex } from './vertex.ts';
import { voyage } from './voyage.ts';
import { xai } from './xai.ts';

export const adapters: Readonly<Record<ProviderKind, Adapter>> = {
  anthropic,
  openai,
  gemini,
  mistral,
  groq,
  xai,
  deepseek,
  openrouter,
  together,
  fireworks,
  cerebras,
  'azure-openai': azureOpenai,
  voyage,
  cohere,
  bedrock,
  vertex,
  'openai-compatible': openaiCompatible,
  'anthropic-compatible': anthropicCompatible,
  ollama,
};

/** Every header of a client's that some provider gets: what it says may change the answer. */
export const forwardedHeaders: readonly string[] = [
  ...new Set(['accept', ...Object.values(adapters).flatMap(({ forwarded }) => forwarded)]),
].sort();

/** By its kind; else by its dialect, OpenAI itself told from the rest by its address. */
export function adapterOf({ kind, dialect, baseUrl }: ProviderSettings): Adapter {
  if (kind !== null) return adapters[kind];
  if (dialect === 'anthropic') return anthropicCompatible;
  return new URL(baseUrl).hostname === 'api.openai.com' ? openai : openaiCompatible;
}
