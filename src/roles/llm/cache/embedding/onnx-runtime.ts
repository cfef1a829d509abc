// What runs a model from a file. It is loaded from the folder that the settings name, and not from
// our own packages: it is large, and only who has a model of their own needs it.

import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Of the runtime what is used here: https://onnxruntime.ai/docs/api/js/ */
export interface Runtime {
  readonly InferenceSession: {
    create(model: string, options: Readonly<Record<string, unknown>>): Promise<Session>;
  };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => object;
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, object>>): Promise<Readonly<Record<string, Output>>>;
}

export interface Output {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** @throws Error that says what is not there */
export function loadRuntime(folder: string): Runtime {
  try {
    return createRequire(join(folder, 'package.json'))('onnxruntime-node');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new Error(`there is no onnxruntime-node in ${folder}: ${why}`);
  }
}
