// Providers that clincher knows by name, so that a file needs only the key. One line adds one.

import type { ProviderKind } from '../roles/llm/routing/settings.ts';
import type { dialects } from '../roles/llm/settings.ts';

export interface KnownProvider {
  readonly kind: ProviderKind;
  readonly dialect: (typeof dialects)[number];
  /** Scheme and host, with the path that goes before `/v1`. */
  readonly baseUrl: string;
  /** The model taken when the file names none; one that the price list knows. */
  readonly defaultModel: string | null;
}

const openai = (kind: ProviderKind, baseUrl: string): KnownProvider => ({
  ...{ kind, dialect: 'openai', baseUrl, defaultModel: null },
});

export const knownProviders: Readonly<Record<string, KnownProvider>> = {
  anthropic: {
    kind: 'anthropic',
    dialect: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    defaultModel: 'claude-sonnet-5',
  },
  openai: { ...openai('openai', 'https://api.openai.com'), defaultModel: 'gpt-5.5' },
  gemini: openai('gemini', 'https://generativelanguage.googleapis.com'),
  openrouter: openai('openrouter', 'https://openrouter.ai/api'),
  groq: openai('groq', 'https://api.groq.com/openai'),
  mistral: openai('mistral', 'https://api.mistral.ai'),
  deepseek: openai('deepseek', 'https://api.deepseek.com'),
  xai: openai('xai', 'https://api.x.ai'),
  together: openai('together', 'https://api.together.xyz'),
  fireworks: openai('fireworks', 'https://api.fireworks.ai/inference'),
  cerebras: openai('cerebras', 'https://api.cerebras.ai'),
  voyage: openai('voyage', 'https://api.voyageai.com'),
  cohere: openai('cohere', 'https://api.cohere.ai'),
};

const anthropicKinds: readonly ProviderKind[] = ['anthropic', 'anthropic-compatible', 'bedrock'];

/** What a provider of this kind is asked in first. */
export function dialectOfKind(kind: ProviderKind): KnownProvider['dialect'] {
  return anthropicKinds.includes(kind) ? 'anthropic' : 'openai';
}

/** Where Amazon and Google keep it in a region; null for a kind that no region places. */
export function regionalUrl(kind: ProviderKind, region: string): string | null {
  if (kind === 'bedrock') return `https://bedrock-runtime.${region}.amazonaws.com`;
  if (kind !== 'vertex') return null;
  return `https://${region === 'global' ? '' : `${region}-`}aiplatform.googleapis.com`;
}

/** Where the price list finds a provider of this kind; null for one whose prices are its own. */
export function listAddress(kind: ProviderKind): string | null {
  if (kind === 'azure-openai') return 'https://any.openai.azure.com';
  return knownProviders[kind]?.baseUrl ?? regionalUrl(kind, 'us-east-1');
}

/** The room that a default model's answer gets; a budget reserves this much before each call. */
export const defaultOutputTokensMax = 32_768;
