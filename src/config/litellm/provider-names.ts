// LiteLLM's names of providers, the part before the slash of a model's name, as ours.

import type { providerKinds } from '../../roles/llm/routing/settings.ts';
import { knownProviders } from '../known-providers.ts';

export interface NamedProvider {
  readonly kind: (typeof providerKinds)[number];
  /** Null: the file must say where it is. */
  readonly baseUrl: string | null;
  /** Where LiteLLM looks for the key when the file gives none; null where it takes none. */
  readonly keyVariable: string | null;
}

export interface NamedModel {
  readonly provider: string;
  readonly model: string;
}

const at = (
  kind: NamedProvider['kind'],
  baseUrl: string | null,
  keyVariable: string | null,
): NamedProvider => ({ kind, baseUrl, keyVariable });

const known = (kind: NamedProvider['kind'], keyVariable: string) =>
  at(kind, knownProviders[kind]?.baseUrl ?? null, keyVariable);

const openaiLike = at('openai-compatible', null, null);

export const providerNames: Readonly<Record<string, NamedProvider>> = {
  openai: known('openai', 'OPENAI_API_KEY'),
  'text-completion-openai': known('openai', 'OPENAI_API_KEY'),
  anthropic: known('anthropic', 'ANTHROPIC_API_KEY'),
  gemini: at('gemini', 'https://generativelanguage.googleapis.com', 'GEMINI_API_KEY'),
  mistral: known('mistral', 'MISTRAL_API_KEY'),
  groq: known('groq', 'GROQ_API_KEY'),
  xai: known('xai', 'XAI_API_KEY'),
  deepseek: known('deepseek', 'DEEPSEEK_API_KEY'),
  openrouter: known('openrouter', 'OPENROUTER_API_KEY'),
  together_ai: known('together', 'TOGETHERAI_API_KEY'),
  fireworks_ai: known('fireworks', 'FIREWORKS_AI_API_KEY'),
  cerebras: known('cerebras', 'CEREBRAS_API_KEY'),
  azure: at('azure-openai', null, 'AZURE_API_KEY'),
  azure_text: at('azure-openai', null, 'AZURE_API_KEY'),
  voyage: at('voyage', 'https://api.voyageai.com', 'VOYAGE_API_KEY'),
  cohere: at('cohere', 'https://api.cohere.com', 'COHERE_API_KEY'),
  cohere_chat: at('cohere', 'https://api.cohere.com', 'COHERE_API_KEY'),
  bedrock: at('bedrock', null, null),
  vertex_ai: at('vertex', null, null),
  hosted_vllm: openaiLike,
  vllm: openaiLike,
  openai_like: openaiLike,
  custom_openai: openaiLike,
  lm_studio: openaiLike,
  llamafile: openaiLike,
  litellm_proxy: openaiLike,
  ollama: at('ollama', 'http://localhost:11434', null),
  ollama_chat: at('ollama', 'http://localhost:11434', null),
};

/** Names that LiteLLM knows without a provider before them. */
const bare: readonly (readonly [RegExp, string])[] = [
  [/^(gpt-|chatgpt-|o\d(-|$)|text-embedding-|ft:)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'vertex_ai'],
  [/^command-/, 'cohere_chat'],
  [/^mistral-/, 'mistral'],
];

/** `azure/gpt-4o-eu` to its provider and the model's name there; null when neither is known. */
export function splitModel(model: string, custom: string | null): NamedModel | null {
  const slash = model.indexOf('/');
  const prefix = slash === -1 ? null : model.slice(0, slash);
  if (custom !== null) {
    const rest = prefix === custom ? model.slice(slash + 1) : model;
    return Object.hasOwn(providerNames, custom) ? { provider: custom, model: rest } : null;
  }
  if (prefix !== null && Object.hasOwn(providerNames, prefix)) {
    return { provider: prefix, model: model.slice(slash + 1) };
  }
  const found = bare.find(([pattern]) => pattern.test(model));
  return found === undefined ? null : { provider: found[1], model };
}
