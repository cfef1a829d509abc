// Runs a model from a file on a thread of its own: a prompt takes milliseconds, and the calls of
// others must not wait for it.

import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../../../kit/assert.ts';
import { normalized } from './embedding.ts';
import { loadRuntime, type Output, type Runtime, type Session } from './onnx-runtime.ts';
import type { OnnxSettings } from './settings.ts';
import { vocabularyIn } from './vocabulary-file.ts';
import { WordPieces } from './word-pieces.ts';

export interface OnnxPrompt {
  readonly id: number;
  readonly text: string;
}

export type OnnxAnswer =
  | { readonly kind: 'ready'; readonly dimensions: number }
  | { readonly kind: 'unusable'; readonly why: string }
  | { readonly kind: 'vector'; readonly id: number; readonly vector: Float32Array | null }
  | { readonly kind: 'fault'; readonly id: number; readonly why: string };

/** What models of this kind ask for; the third says which of two texts a piece is from. */
const inputs = ['input_ids', 'attention_mask', 'token_type_ids'];

/** More than a piece has, so that nothing is cut off that counts. */
const pieceCharacters = 32;

class Model {
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #cutter: WordPieces;
  readonly #settings: OnnxSettings;
  readonly #ends: readonly [begin: number, end: number];
  readonly #output: string;

  constructor(runtime: Runtime, session: Session, vocabulary: string, settings: OnnxSettings) {
    const stray = session.inputNames.find((name) => !inputs.includes(name));
    if (stray !== undefined || !session.inputNames.includes('input_ids')) {
      const names = session.inputNames.join(', ');
      throw new Error(`it is no model of text: it takes ${names}, and not ${inputs.join(', ')}`);
    }
    this.#runtime = runtime;
    this.#session = session;
    this.#settings = settings;
    this.#cutter = new WordPieces(vocabulary);
    this.#ends = [this.#special('[CLS]'), this.#special('[SEP]')];
    this.#special('[UNK]');
    const [first = ''] = session.outputNames;
    this.#output = session.outputNames.find((name) => name === 'sentence_embedding') ?? first;
  }

  async embed(text: string): Promise<Float32Array | null> {
    const { piecesMax } = this.#settings;
    const start = text.slice(0, piecesMax * pieceCharacters);
    const pieces = this.#cutter.cut(start, piecesMax - 2);
    return pieces.length === 0 ? null : normalized(await this.#vector(pieces));
  }

  /**
   * The last piece of the vocabulary tells whether it is this model's; the answer how many numbers
   * a vector has.
   */
  async try(): Promise<number> {
    return (await this.#vector([this.#cutter.size - 1])).length;
  }

  async #vector(pieces: readonly number[]): Promise<Float32Array> {
    const [begin, end] = this.#ends;
    const ids = [begin, ...pieces, end];
    const values = [ids, ids.map(() => 1), ids.map(() => 0)];
    const feeds = inputs.flatMap((name, index) => {
      if (!this.#session.inputNames.includes(name)) return [];
      const data = BigInt64Array.from(values[index] ?? [], BigInt);
      return [[name, new this.#runtime.Tensor('int64', data, [1, ids.length])] as const];
    });
    const output = (await this.#session.run(Object.fromEntries(feeds)))[this.#output];
    return pooled(output, this.#settings.pooling);
  }

  #special(piece: string): number {
    const id = this.#cutter.rankOf(piece);
    if (id === null) throw new Error(`the vocabulary has no line ${piece}, so it is not WordPiece`);
    return id;
  }
}

/** One vector for the whole text, as it is or from one for each piece. */
function pooled(output: Output | undefined, pooling: OnnxSettings['pooling']): Float32Array {
  const [rows, width] = output?.dims.slice(-2) ?? [];
  const isFlat = output?.dims.length === 2;
  const isKnown = output?.type === 'float32' && (isFlat || output.dims.length === 3);
  if (!isKnown || rows === undefined || width === undefined) {
    const shape = `${output?.type}[${output?.dims.join(', ')}]`;
    throw new Error(`its first output is no vector, and not one for each piece: ${shape}`);
  }
  if (isFlat || pooling === 'first') return output.data.slice(0, width);
  const sum = new Float32Array(width);
  for (const [index, value] of output.data.entries()) {
    sum[index % width] = (sum[index % width] ?? 0) + value;
  }
  return sum;
}

async function open(settings: OnnxSettings): Promise<Model> {
  const { runtime: folder, model, vocabulary } = settings;
  const text = readFileSync(vocabulary, 'utf8');
  const runtime = loadRuntime(folder);
  const options = {
    executionProviders: ['cpu'],
    ...{ intraOpNumThreads: 1, interOpNumThreads: 1 },
    // What goes wrong is thrown, too; by itself it would be printed, in colours.
    logSeverityLevel: 4,
  };
  const session = await runtime.InferenceSession.create(model, options);
  return new Model(runtime, session, vocabularyIn(text), settings);
}

function told(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const port = parentPort;
assert(port !== null, 'it runs as a worker');
const answer = (value: OnnxAnswer) => port.postMessage(value);
try {
  const model = await open(workerData as OnnxSettings);
  answer({ kind: 'ready', dimensions: await model.try() });
  port.on('message', ({ id, text }: OnnxPrompt) => {
    model.embed(text).then(
      (vector) => answer({ kind: 'vector', id, vector }),
      (error) => answer({ kind: 'fault', id, why: told(error) }),
    );
  });
} catch (error) {
  answer({ kind: 'unusable', why: told(error) });
}
