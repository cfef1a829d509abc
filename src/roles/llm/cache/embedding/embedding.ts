// The door of every embedding: a text to a vector, by the table that is built in, a model from a
// file, or a provider's. Which of them it is, is the settings' choice.

import type { AgentMarks } from '../../../../policy/llm-agent.ts';

export interface Embedding {
  /** Names the model and its version: vectors of different ones are never compared. */
  readonly id: string;
  /** A vector is made again in less time than it takes to write it down. */
  readonly isCheap?: boolean;
  /** How many numbers a vector has; null while nobody knows: the first vector tells. */
  readonly dimensions: number | null;
  /**
   * Of length one; null for a text that has none. Bounded in time.
   * @throws EmbeddingFailure: the request goes on as a miss
   */
  embed(text: string, call: EmbedCall): Promise<Float32Array | null>;
}

/** The request that a text is from: whose budgets pay, where a provider is asked. */
export interface EmbedCall extends AgentMarks {
  readonly requestId: string;
  readonly caller: string;
  /** The virtual key's name. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** The message is for the log, and names no text. */
export class EmbeddingFailure extends Error {}

/** Null for one of length nothing, or that holds something else than numbers. */
export function normalized(vector: Float32Array): Float32Array | null {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0 || !Number.isFinite(squares)) return null;
  const length = Math.sqrt(squares);
  for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] ?? 0) / length;
  return vector;
}
