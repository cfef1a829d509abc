// Providers that clincher knows by name, so that a file needs only the key. One line adds one.

import type { dialects } from '../roles/llm/settings.ts';

export interface KnownProvider {
  readonly dialect: (typeof dialects)[number];
  /** Scheme and host, with the path that goes before `/v1`. */
  readonly baseUrl: string;
  /** The model taken when the file names none; one that the price list knows. */
  readonly defaultModel: string | null;
}

const openai = 'openai' as const;

export const knownProviders: Readonly<Record<string, KnownProvider>> = {
  anthropic: {
    dialect: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    defaultModel: 'claude-sonnet-5',
  },
  openai: { dialect: openai, baseUrl: 'https://api.openai.com', defaultModel: 'gpt-5.5' },
  openrouter: { dialect: openai, baseUrl: 'https://openrouter.ai/api', defaultModel: null },
  groq: { dialect: openai, baseUrl: 'https://api.groq.com/openai', defaultModel: null },
  mistral: { dialect: openai, baseUrl: 'https://api.mistral.ai', defaultModel: null },
  deepseek: { dialect: openai, baseUrl: 'https://api.deepseek.com', defaultModel: null },
  xai: { dialect: openai, baseUrl: 'https://api.x.ai', defaultModel: null },
  together: { dialect: openai, baseUrl: 'https://api.together.xyz', defaultModel: null },
  fireworks: {
    dialect: openai,
    baseUrl: 'https://api.fireworks.ai/inference',
    defaultModel: null,
  },
  cerebras: { dialect: openai, baseUrl: 'https://api.cerebras.ai', defaultModel: null },
};

/** The room that a default model's answer gets; a budget reserves this much before each call. */
export const defaultOutputTokensMax = 32_768;
