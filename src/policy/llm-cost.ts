// What a request may cost at most, before it is made, and what it did cost, after, in whole
// nano-dollars.

import type { ModelPrice } from './llm-price.ts';
import { isFree, rateFor } from './llm-price.ts';
import type { ModelRequest } from './llm-request.ts';
import { dearestUses } from './llm-server-tools.ts';

export interface TokenUsage {
  /** Input that was neither read from nor written to the prompt cache. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly output: number;
}

export interface WorstCase {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly nanoUsd: number;
}

/** Prompts of the provider's own that count as input: for tools, some hundreds of tokens. */
export const hiddenInputTokens = 4_096;
/**
 * No published image formula gives more for one image (8 tiles at 5,667 tokens and 2,833 for all).
 */
export const imageTokensMax = 50_000;

/**
 * The most a request can cost. A token of text is at least one byte of it, and escapes only make
 * the body longer, so the body's length bounds its text; an image has a bound of its own; any
 * other medium is bounded by the model's context alone. Input is taken at the dearest rate that
 * can apply to it. Returns what stands in the way where there is no bound.
 */
export function worstCase(
  request: ModelRequest,
  price: ModelPrice,
  outputTokensMax: number,
): WorstCase | { readonly unbounded: string } {
  const { outputTokens: bound, thinkingTokens } = request;
  const asked = Math.max(Math.min(bound ?? outputTokensMax, outputTokensMax), thinkingTokens);
  const outputTokens = asked * request.choices * (request.serverTools?.outputs ?? 1);
  if (isFree(price)) return { inputTokens: request.bytes, outputTokens, nanoUsd: 0 };
  if (request.unbounded !== null) return { unbounded: request.unbounded };
  const promptTokens = promptTokensMax(request, price);
  if (typeof promptTokens !== 'number') return promptTokens;
  const { serverTools: tools } = request;
  const usesNanoUsd = tools === null ? 0 : dearestUses(tools, price.uses);
  if (typeof usesNanoUsd !== 'number') {
    return { unbounded: `the provider's tool (no \`price.${usesNanoUsd.unpriced}\` is set)` };
  }
  const inputTokens = promptTokens * (tools?.rounds ?? 1);
  const rates = [price.input, price.cacheRead];
  const writes = request.cacheWrite !== 'none' || price.cachesUnasked || tools !== null;
  if (writes) rates.push(price.cacheWrite);
  if (request.cacheWrite === '1h') rates.push(price.cacheWrite1h);
  if (request.images > 0 || request.media !== null) rates.push(price.image);
  const dearest = Math.max(...rates.map((rate) => rateFor(rate, inputTokens)));
  const nanoUsd =
    inputTokens * dearest + outputTokens * rateFor(price.output, inputTokens) + usesNanoUsd;
  if (!Number.isSafeInteger(nanoUsd)) return { unbounded: 'so much' };
  return { inputTokens, outputTokens, nanoUsd };
}

/** What the model reads at once: the body's text, or all that it takes where that is no bound. */
function promptTokensMax(
  { bytes, images, media, serverTools }: ModelRequest,
  { contextTokens, useTokensMax }: ModelPrice,
): number | { readonly unbounded: string } {
  const text = bytes + hiddenInputTokens + images * imageTokensMax;
  if (media === null && serverTools === null) return text;
  if (media === null && serverTools !== null && useTokensMax !== null) {
    return text + useTokensMax * serverTools.bounds.reduce((sum, { uses }) => sum + uses, 0);
  }
  if (contextTokens !== null) return Math.max(bytes, contextTokens);
  const what = media === null ? serverTools?.types[0] : media;
  const fix = media === null ? ' (set `price.useTokens`)' : '';
  return { unbounded: `the type ${JSON.stringify(what?.slice(0, 64))}${fix}` };
}

/**
 * What the provider's own count comes to. Images are taken at the dearer rate: they are not
 * counted apart.
 */
export function costOf(usage: TokenUsage, price: ModelPrice, images: boolean): number {
  const inputTokens = usage.input + usage.cacheRead + usage.cacheWrite + usage.cacheWrite1h;
  const at = (rate: ModelPrice['input']) => rateFor(rate, inputTokens);
  const plain = images ? Math.max(at(price.input), at(price.image)) : at(price.input);
  return (
    usage.input * plain +
    usage.cacheRead * at(price.cacheRead) +
    usage.cacheWrite * at(price.cacheWrite) +
    usage.cacheWrite1h * at(price.cacheWrite1h) +
    usage.output * at(price.output)
  );
}
