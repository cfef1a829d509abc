// The embedding by a model of a provider: asked like any call, through egress, within the budgets
// of who asked, and in the ledger under the same request's id.

import type { Readable } from 'node:stream';
import { planRoutes } from '../../../../policy/llm-plan.ts';
import { readModelRequest } from '../../../../policy/llm-request.ts';
import { usageOfAnswer } from '../../../../policy/llm-usage.ts';
import type { Answered } from '../../attempt.ts';
import { makeAttempts } from '../../attempts.ts';
import { CallMoney, type MoneyTicket } from '../../call-money.ts';
import type { House } from '../../house.ts';
import { type EmbedCall, type Embedding, EmbeddingFailure, normalized } from './embedding.ts';
import type { ModelEmbeddingSettings } from './settings.ts';

/** The longest vector there is, as decimals. */
const answerBytesMax = 512 * 1024;
/** Some thousand tokens: what every model of this kind takes. */
const textCharactersMax = 8_000;

/** Another model's vectors are of another kind. */
const noFallbacks = { general: [], contextWindow: [], contentPolicy: [] };

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
    const { timeoutMs } = this.#settings;
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
    const vector = vectorIn(await this.#ask(text, { ...call, signal }));
    this.#dimensions ??= vector.length;
    if (vector.length === this.#dimensions) return normalized(vector);
    const { model } = this.#settings;
    const expected = `and not ${this.#dimensions}`;
    throw new EmbeddingFailure(`a vector of ${model} has ${vector.length} numbers, ${expected}`);
  }

  async #ask(text: string, call: EmbedCall): Promise<unknown> {
    const { model, dimensions } = this.#settings;
    const asked = { model, input: text.slice(0, textCharactersMax), encoding_format: 'float' };
    const body = Buffer.from(
      JSON.stringify(dimensions === null ? asked : { ...asked, dimensions }),
    );
    const request = readModelRequest('embeddings', body);
    if ('fault' in request) throw new EmbeddingFailure(request.fault);
    const nowMs = this.#house.world.now();
    const planned = planRoutes(request, this.#house.book, { nowMs, marksPay: true, pinned: null });
    if (planned.plan === null) throw new EmbeddingFailure(planned.message);
    const plan = { ...planned.plan, fallbacks: noFallbacks };
    const house = this.#house;
    const refusals: string[] = [];
    const ticket = quiet(call, refusals);
    const money = new CallMoney(house, ticket, call.key, model, request, plan, call);
    if (!(await money.reserve(false))) throw new EmbeddingFailure(refusals.join(' '));
    try {
      const { requestId, signal } = call;
      const to = { request, body, headers: {}, search: '', requestId };
      const { outcome } = await makeAttempts(house, to, {
        ...{ plan, preferred: null, signal },
        affordable: (candidate) => money.covers(candidate),
        begin: (candidate) => money.begin(candidate),
        failed: (failure) => money.failed(failure),
      });
      if (outcome.kind === 'answered') return await this.#read(outcome, money);
      if (outcome.kind === 'none-left') throw new EmbeddingFailure(`${model}: ${outcome.why}`);
      money.ended(outcome);
      const why = signal.aborted ? `no vector in ${this.#settings.timeoutMs} ms` : outcome.message;
      throw new EmbeddingFailure(`${model}: ${why}`);
    } finally {
      money.release();
    }
  }

  async #read(answered: Answered, money: CallMoney): Promise<unknown> {
    let answer: unknown = null;
    try {
      answer = JSON.parse(await textOf(answered.body));
      return answer;
    } catch (cause) {
      throw new EmbeddingFailure('its answer cannot be read', { cause });
    } finally {
      answered.deadline.end();
      answered.body.destroy();
      const seen = usageOfAnswer('embeddings', answer);
      money.answered(answered, seen);
      this.#house.live.ended(answered.candidate.id, seen?.usage.input ?? 0);
    }
  }
}

/** What the call's own record says is of the call, and not of this. */
function quiet({ requestId, caller }: EmbedCall, refusals: string[]): MoneyTicket {
  const refuse: MoneyTicket['refuse'] = ({ message }) => void refusals.push(message);
  return { requestId, caller, note: () => {}, rule: () => {}, refuse };
}

async function textOf(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > answerBytesMax) throw new Error('its answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
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
