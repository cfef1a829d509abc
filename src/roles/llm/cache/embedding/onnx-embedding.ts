// The embedding by a model from a file: asked on its own thread, with a bound on the time and on
// how many wait.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import { ClincherError } from '../../../../kit/error.ts';
import { type Embedding, EmbeddingFailure } from './embedding.ts';
import type { OnnxAnswer, OnnxPrompt } from './onnx-worker.ts';
import type { OnnxSettings } from './settings.ts';

interface Waiting {
  readonly resolve: (vector: Float32Array | null) => void;
  readonly reject: (failure: EmbeddingFailure) => void;
}

const file = new URL('./onnx-worker.ts', import.meta.url);
/** Reading a model of a gigabyte from a slow disk. */
const openMs = 60_000;
const waitingMax = 64;

/**
 * Resolves when the model has made a first vector.
 * @throws ClincherError `settings-invalid`: what is missing, or does not fit together
 */
export async function openOnnxEmbedding(
  settings: OnnxSettings,
): Promise<Embedding & AsyncDisposable> {
  await mustBeFile(settings.model, 'model');
  await mustBeFile(settings.vocabulary, 'vocabulary');
  const id = await nameOf(settings);
  const worker = new Worker(file, { workerData: settings });
  try {
    const dimensions = await ready(worker);
    if (settings.dimensions !== null && settings.dimensions !== dimensions) {
      throw new Error(`its vectors have ${dimensions} numbers, and not ${settings.dimensions}`);
    }
    return new OnnxEmbedding(worker, id, dimensions, settings.timeoutMs);
  } catch (error) {
    await worker.terminate();
    throw unusable(settings.model, error instanceof Error ? error.message : String(error));
  }
}

class OnnxEmbedding implements Embedding, AsyncDisposable {
  readonly id: string;
  readonly dimensions: number;
  readonly #worker: Worker;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #gone: string | null = null;

  constructor(worker: Worker, id: string, dimensions: number, timeoutMs: number) {
    this.id = id;
    this.dimensions = dimensions;
    this.#worker = worker;
    this.#timeoutMs = timeoutMs;
    worker.on('message', (answer: OnnxAnswer) => this.#take(answer));
    worker.on('error', ({ message }) => this.#end(message));
    worker.on('exit', () => this.#end('its thread ended'));
  }

  async embed(text: string): Promise<Float32Array | null> {
    if (this.#gone !== null) throw new EmbeddingFailure(this.#gone);
    if (this.#waiting.size >= waitingMax) throw new EmbeddingFailure('too many texts wait for it');
    this.#last += 1;
    const id = this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array | null>();
    const late = () => reject(new EmbeddingFailure(`no vector in ${this.#timeoutMs} ms`));
    const timer = setTimeout(late, this.#timeoutMs);
    this.#waiting.set(id, { resolve, reject });
    this.#worker.postMessage({ id, text } satisfies OnnxPrompt);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  #take(answer: OnnxAnswer): void {
    if (answer.kind === 'ready' || answer.kind === 'unusable') return;
    const waiting = this.#waiting.get(answer.id);
    // One that came too late still leaves its place in the queue only now.
    this.#waiting.delete(answer.id);
    if (answer.kind === 'vector') waiting?.resolve(answer.vector);
    else waiting?.reject(new EmbeddingFailure(answer.why));
  }

  #end(why: string): void {
    this.#gone ??= why;
    for (const { reject } of this.#waiting.values()) reject(new EmbeddingFailure(why));
    this.#waiting.clear();
  }
}

/** How many numbers a vector has. */
function ready(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`it was not read in ${openMs / 1000} s`));
    const timer = setTimeout(late, openMs);
    const done = () => clearTimeout(timer);
    worker.once('message', (answer: OnnxAnswer) => {
      done();
      if (answer.kind === 'ready') resolve(answer.dimensions);
      else reject(new Error(answer.kind === 'unusable' ? answer.why : 'it does not answer'));
    });
    worker.once('error', (error) => {
      done();
      reject(error);
    });
  });
}

/** Another file, or another use of it, is another embedding. */
async function nameOf({ model, vocabulary, pooling, piecesMax }: OnnxSettings): Promise<string> {
  const hash = createHash('sha256').update(`${pooling} ${piecesMax} `);
  for (const path of [model, vocabulary]) {
    await pipeline(createReadStream(path), hash, { end: false });
  }
  return `onnx-${hash.digest('hex').slice(0, 24)}`;
}

async function mustBeFile(path: string, what: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
    if ((await stat(path)).isFile()) return;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw unusable(path, code === 'ENOENT' ? 'it is not there' : `it cannot be read (${code})`);
  }
  throw unusable(path, `it is not a file, and should be the ${what}`);
}

function unusable(path: string, why: string): ClincherError {
  return new ClincherError('settings-invalid', `the embedding cannot be had from ${path}: ${why}`, {
    fix: 'What is needed, and where it can be had: docs/cache.md, "Embeddings".',
  });
}
