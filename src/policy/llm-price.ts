// Prices in nano-dollars per token: whole numbers, rounded up, so that money never meets floating
// point and never comes out too small.

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
