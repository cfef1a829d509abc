// Prices in nano-dollars per token: whole numbers, rounded up, so that money never meets floating
// point and never comes out too small.

import type { ToolPrices } from './llm-server-tools.ts';

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
  /** Of tools that run at the provider, by the use. */
  readonly uses: ToolPrices;
  /** Most tokens that one use of them brings into the prompt; null when unknown. */
  readonly useTokensMax: number | null;
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
  readonly cacheWrite1hNanoUsd?: number | undefined;
  /** A use of tools that run at the provider. */
  readonly webSearchNanoUsd?: number | undefined;
  readonly fileSearchNanoUsd?: number | undefined;
  readonly codeExecutionNanoUsd?: number | undefined;
  readonly useTokensMax?: number | undefined;
}

export function priceFromConfig(price: FlatPrice): ModelPrice {
  const flat = (nanoUsd: number): Rate => ({ nanoUsd, tiers: [] });
  const cacheWrite = flat(price.cacheWriteNanoUsd ?? price.inputNanoUsd);
  const { cacheWrite1hNanoUsd, webSearchNanoUsd, fileSearchNanoUsd, codeExecutionNanoUsd } = price;
  return {
    input: flat(price.inputNanoUsd),
    output: flat(price.outputNanoUsd),
    cacheRead: flat(price.cacheReadNanoUsd ?? price.inputNanoUsd),
    cacheWrite,
    // Where one number is given for both, it is the dearer.
    cacheWrite1h: cacheWrite1hNanoUsd === undefined ? cacheWrite : flat(cacheWrite1hNanoUsd),
    image: flat(price.inputNanoUsd),
    uses: {
      webFetch: 0,
      ...(webSearchNanoUsd === undefined ? {} : { webSearch: webSearchNanoUsd }),
      ...(fileSearchNanoUsd === undefined ? {} : { fileSearch: fileSearchNanoUsd }),
      ...(codeExecutionNanoUsd === undefined ? {} : { codeExecution: codeExecutionNanoUsd }),
    },
    useTokensMax: price.useTokensMax ?? null,
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
