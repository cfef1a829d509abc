// The embedding by a model of a provider: asked like any call, through egress, within the budgets
// of who asked, and in the ledger under the same request's id.

import { assert } from '../../../../kit/assert.ts';
import { readModelRequest } from '../../../../policy/llm-request.ts';
import { AskFailure, askModel } from '../../ask-model.ts';
import type { House } from '../../house.ts';
import { type EmbedCall, type Embedding, EmbeddingFailure, normalized } from './embedding.ts';
import type { ModelEmbeddingSettings } from './settings.ts';

/** The longest vector there is, as decimals. */
const answerBytesMax = 512 * 1024;
/** Some thousand tokens: what every model of this kind takes. */
const textCharactersMax = 8_000;

export class ProviderEmbedding implements Embedding {
  readonly id: string;
  readonly #house: House;
  readonly #settings: ModelEmbeddingSettings;
  #dimensions: number | null;

  constructor(settings: ModelEmbeddingSettings, house: House) {
    const { deployments } = house.modelOf(settings.model);
    const models = deployments.map(({ provider, model }) => `${provider}/${model}`);
    this.id = `model-${[...new Set(models)].sort().join('+')}-${settings.dimensions ?? 'own'}`;
    this.#house = house;
    this.#settings = settings;
    this.#dimensions = settings.dimensions;
  }

  get dimensions(): number | null {
    return this.#dimensions;
  }

  async embed(text: string, call: EmbedCall): Promise<Float32Array | null> {
    const vector = vectorIn(await this.#ask(text, call));
    this.#dimensions ??= vector.length;
    if (vector.length === this.#dimensions) return normalized(vector);
    const expected = `and not ${this.#dimensions}`;
    throw this.#failure(`a vector has ${vector.length} numbers, ${expected}`);
  }

  async #ask(text: string, call: EmbedCall): Promise<unknown> {
    const { model, dimensions, timeoutMs } = this.#settings;
    const asked = { model, input: text.slice(0, textCharactersMax), encoding_format: 'float' };
    const body = Buffer.from(
      JSON.stringify(dimensions === null ? asked : { ...asked, dimensions }),
    );
    const request = readModelRequest('embeddings', body);
    assert(!('fault' in request), 'what is asked here can be read');
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const to = { request, body, headers: {}, search: '' };
      const answer = await askModel(this.#house, to, { ...call, signal }, answerBytesMax);
      return JSON.parse(answer.toString('utf8'));
    } catch (cause) {
      if (!(cause instanceof AskFailure)) throw cause;
      throw this.#failure(signal.aborted ? `no vector in ${timeoutMs} ms` : cause.message, cause);
    }
  }

  #failure(why: string, cause?: unknown): EmbeddingFailure {
    return new EmbeddingFailure(`the embedding ${this.#settings.model}: ${why}`, { cause });
  }
}

/** https://platform.openai.com/docs/api-reference/embeddings */
function vectorIn(answer: unknown): Float32Array {
  const data = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'data') : null;
  const first: unknown = Array.isArray(data) ? data[0] : null;
  const values =
    typeof first === 'object' && first !== null ? Reflect.get(first, 'embedding') : null;
  const isVector = Array.isArray(values) && values.length > 0 && values.every(Number.isFinite);
  if (!isVector) throw new EmbeddingFailure('its answer holds no vector');
  return Float32Array.from(values);
}
