// Prices in nano-dollars per token: whole numbers, rounded up, so that money never meets floating
// point and never comes out too small.

import { calcPrice, findProvider, type TieredPrices } from '@pydantic/genai-prices';

/** One rate, with the dearer ones that apply once a request has more input tokens than `above`. */
export interface Rate {
  readonly nanoUsd: number;
  readonly tiers: readonly { readonly above: number; readonly nanoUsd: number }[];
}

export interface ModelPrice {
  readonly input: Rate;
  readonly output: Rate;
  readonly cacheRead: Rate;
  readonly cacheWrite: Rate;
  readonly cacheWrite1h: Rate;
  /** Tokens of an image, where they have a rate of their own. */
  readonly image: Rate;
  /** Most input tokens the model takes; null when unknown. */
  readonly contextTokens: number | null;
  /** Whether the provider writes its cache unasked. */
  readonly cachesUnasked: boolean;
  readonly source: 'list' | 'config';
}

/** As the user's file gives it. */
export interface FlatPrice {
  readonly inputNanoUsd: number;
  readonly outputNanoUsd: number;
  readonly cacheReadNanoUsd?: number | undefined;
  readonly cacheWriteNanoUsd?: number | undefined;
}

export function priceFromConfig(price: FlatPrice): ModelPrice {
  const flat = (nanoUsd: number): Rate => ({ nanoUsd, tiers: [] });
  const cacheWrite = flat(price.cacheWriteNanoUsd ?? price.inputNanoUsd);
  return {
    input: flat(price.inputNanoUsd),
    output: flat(price.outputNanoUsd),
    cacheRead: flat(price.cacheReadNanoUsd ?? price.inputNanoUsd),
    cacheWrite,
    // One number for both in the file: whoever overrides it gives the dearer.
    cacheWrite1h: cacheWrite,
    image: flat(price.inputNanoUsd),
    contextTokens: null,
    cachesUnasked: true,
    source: 'config',
  };
}

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
  const output = rate('output_mtok');
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
    // A price for long inputs says that the model takes them, whatever window is listed.
    contextTokens: listed === null ? null : Math.max(listed, tiered ? 1_000_000 : 0),
    cachesUnasked: provider.id !== 'anthropic',
    source: 'list',
  };
}

export function isFree(price: ModelPrice): boolean {
  const { input, output, cacheRead, cacheWrite, cacheWrite1h, image } = price;
  const rates = [input, output, cacheRead, cacheWrite, cacheWrite1h, image];
  return rates.every((rate) => rate.nanoUsd === 0 && rate.tiers.length === 0);
}

/** Of a request with so many input tokens. */
export function rateFor(rate: Rate, inputTokens: number): number {
  const tier = rate.tiers.findLast(({ above }) => inputTokens > above);
  return tier?.nanoUsd ?? rate.nanoUsd;
}

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
