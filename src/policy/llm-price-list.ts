// What models cost by the list that the project carries along. It is megabytes large, so it is read
// only where a model has no price of its own.

import { calcPrice, findProvider, type TieredPrices } from '@pydantic/genai-prices';
import type { ModelPrice, Rate } from './llm-price.ts';
import type { ToolKind, ToolPrices } from './llm-server-tools.ts';

/**
 * The list price of a model at the provider that has this address; null where the list knows
 * neither, or where it has no price for input or output. The list is part of the package; nothing
 * is fetched.
 */
export function priceFromList(baseUrl: string, model: string, nowMs: number): ModelPrice | null {
  const provider = findProvider({ providerApiUrl: baseUrl });
  if (provider === undefined) return null;
  const timestamp = new Date(nowMs);
  const found = calcPrice({ input_tokens: 0 }, model, { provider, timestamp });
  if (found === null) return null;
  const rate = (key: string) => rateOf(found.model_price[key]);
  const input = rate('input_mtok');
  const output = rate('output_mtok') ?? (embeds.test(model) ? nothing : null);
  if (input === null || output === null) return null;
  const cacheWrite = rate('cache_write_mtok');
  const tiered = input.tiers.length > 0;
  const listed = found.model.context_window ?? null;
  return {
    input,
    output,
    cacheRead: rate('cache_read_mtok') ?? input,
    cacheWrite: cacheWrite ?? input,
    cacheWrite1h: rate('cache_write_1h_mtok') ?? cacheWrite ?? input,
    image: rate('input_image_mtok') ?? input,
    uses: usesOf(provider.id, found.model_price),
    useTokensMax: null,
    // A price for long inputs says that the model takes them, whatever window is listed.
    contextTokens: listed === null ? null : Math.max(listed, tiered ? 1_000_000 : 0),
    cachesUnasked: provider.id !== 'anthropic',
    source: 'list',
  };
}

/**
 * What the list does not have, by the providers' pricing pages: a container of Anthropic's is $0.05
 * an hour, which no request outlasts; one of OpenAI's with 1 GB is $0.03; pages cost their tokens.
 */
const otherUses: Readonly<Record<string, ToolPrices>> = {
  anthropic: { webFetch: 0, codeExecution: 50_000_000 },
  openai: { codeExecution: 30_000_000 },
};

function usesOf(provider: string, price: Readonly<Record<string, unknown>>): ToolPrices {
  const other = otherUses[provider];
  // Elsewhere nobody has said that the request's bounds hold.
  if (other === undefined) return {};
  const of = (kind: ToolKind, usdPerThousand: unknown) =>
    typeof usdPerThousand === 'number' ? { [kind]: nanoPerUse(usdPerThousand) } : {};
  return {
    ...other,
    ...of('webSearch', price.web_searches_kcount),
    ...of('fileSearch', price.storage_searches_kcount),
  };
}

/** A dollar for a thousand is a million nano-dollars for one. */
function nanoPerUse(usdPerThousand: number): number {
  return Math.ceil(Number((usdPerThousand * 1e6).toFixed(3)));
}

/** Models that give numbers back and no text: they have no price for output. */
const embeds = /embed|voyage/i;
const nothing: Rate = { nanoUsd: 0, tiers: [] };

function rateOf(price: number | TieredPrices | undefined): Rate | null {
  if (price === undefined) return null;
  if (typeof price === 'number') return { nanoUsd: nanoPerToken(price), tiers: [] };
  const tiers = price.tiers.map(({ start, price }) => ({
    above: start,
    nanoUsd: nanoPerToken(price),
  }));
  tiers.sort((a, b) => a.above - b.above);
  return { nanoUsd: nanoPerToken(price.base), tiers };
}

/**
 * A dollar per million tokens is 1000 nano-dollars a token. Six places hide what binary fractions
 * add.
 */
function nanoPerToken(usdPerMillion: number): number {
  return Math.ceil(Number((usdPerMillion * 1000).toFixed(6)));
}
