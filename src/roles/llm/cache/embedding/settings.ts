// What the cache is told of its embedding: the one built in, a model from a file, or a model of a
// provider.

import * as z from 'zod';

/** A timer that nobody waits for: the call goes on without its answer. */
const timeoutMs = z.int().min(1).max(60_000);
const dimensions = z.int().min(2).max(8_192).nullable().default(null);

const onnxSchema = z.strictObject({
  kind: z.literal('onnx'),
  /** Folder whose node_modules holds the runtime. */
  runtime: z.string().min(1),
  /** An ONNX file that takes pieces of a text and gives a vector, or one for each piece. */
  model: z.string().min(1),
  /** WordPiece's `vocab.txt` of that model, or its `tokenizer.json`. */
  vocabulary: z.string().min(1),
  /** What they must be; null: what the model has. */
  dimensions,
  /** From vectors of pieces to the text's: their mean, or the first one's. */
  pooling: z.enum(['mean', 'first']).default('mean'),
  piecesMax: z.int().min(8).max(8_192).default(256),
  timeoutMs: timeoutMs.default(250),
});

const modelSchema = z.strictObject({
  kind: z.literal('model'),
  /** A model of the settings, asked through egress and paid for like any call. */
  model: z.string().min(1),
  /** Asked for where given; null: as many as the model has. */
  dimensions,
  timeoutMs: timeoutMs.default(1_000),
});

export const embeddingSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('built-in') }),
    onnxSchema,
    modelSchema,
  ])
  .default({ kind: 'built-in' });

export type EmbeddingSettings = z.infer<typeof embeddingSchema>;
export type OnnxSettings = z.infer<typeof onnxSchema>;
export type ModelEmbeddingSettings = z.infer<typeof modelSchema>;
