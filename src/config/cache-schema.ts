// The section `cache` of the user's file, strict, with the sentences that editors and docs show.

import * as z from 'zod';
import { durationText, modelText, pathText } from './fields.ts';

const share = z.number().min(0).max(1);
const count = z.int().positive().max(Number.MAX_SAFE_INTEGER);

export const semanticSchema = z
  .strictObject({
    policy: z
      .enum(['verified', 'fixed'])
      .optional()
      .describe('`verified`, also when left out: by what was learned. `fixed`: by `threshold`.'),
    errorMax: z
      .number()
      .gt(0)
      .max(0.5)
      .optional()
      .describe(
        'Of all requests that are looked at, the share that may be answered wrongly; 0.01.',
      ),
    threshold: share
      .optional()
      .describe('For `fixed`: what is as similar counts as the same; 0.95.'),
    guard: z
      .boolean()
      .optional()
      .describe('For `fixed`: whether a number, a name or the like that differs decides; true.'),
    textBytesMax: count.optional().describe('A longer text is compared as a whole only; 2048.'),
    checkShare: share
      .optional()
      .describe('Of the answers given for something similar, the share that is checked; 0.02.'),
    judge: modelText
      .optional()
      .describe('A model that says whether two answers mean the same; when left out, nobody does.'),
  })
  .describe('How something similar may be answered, for `mode: semantic`.');

export const embeddingSchema = z
  .strictObject({
    model: modelText.optional().describe('A model of `models`, asked through egress and paid for.'),
    onnx: pathText.optional().describe('Or a model of your own, an ONNX file.'),
    vocabulary: pathText
      .optional()
      .describe('Its `vocab.txt` or `tokenizer.json`, of the kind WordPiece.'),
    dimensions: z
      .int()
      .min(2)
      .max(8_192)
      .optional()
      .describe('How many numbers a vector must have; as many as the model has when left out.'),
    pooling: z
      .enum(['mean', 'first'])
      .optional()
      .describe("Of the file's vectors for pieces of a text: their mean, or the first one's."),
    pieces: z
      .int()
      .min(8)
      .max(8_192)
      .optional()
      .describe('So many pieces of a text are looked at; 256.'),
    timeoutMs: z
      .int()
      .min(1)
      .max(60_000)
      .optional()
      .describe('After that the request goes on without; 250 for a file, 1000 for a model.'),
  })
  .describe('What makes vectors of texts, for `mode: semantic`; built in when left out.');

export const cacheLimitsSchema = z
  .strictObject({
    entriesMax: count.max(10_000_000).optional().describe('Answers that are kept; 100000.'),
    bytesMax: count.optional().describe('Bytes of them, in memory and in the file; 256 MiB.'),
    answerBytesMax: count.optional().describe('A longer answer is not kept; 1 MiB.'),
    waitMs: count
      .max(600_000)
      .optional()
      .describe('How long a request waits for the same one that is being answered; a minute.'),
    checksMax: count.max(1_024).optional().describe('Checks and judgements at the same time; 8.'),
  })
  .describe('Bounds of the cache.');

export const cacheSchema = z.strictObject({
  mode: z
    .enum(['exact', 'semantic'])
    .optional()
    .describe(
      '`exact`, also when left out: only the same request is answered. `semantic`: also one whose ' +
        'last text means the same.',
    ),
  models: z
    .array(modelText)
    .min(1)
    .max(256)
    .optional()
    .describe('The models whose answers are kept; all when left out.'),
  ttl: durationText.optional().describe('How long an answer is kept; `10m` when left out.'),
  ttlMax: durationText
    .optional()
    .describe('The longest that a request may ask for; a day when left out.'),
  optIn: z
    .boolean()
    .optional()
    .describe('Whether only requests that ask for it (`cache: {"use-cache": true}`) are answered.'),
  share: z
    .enum(['session', 'key', 'caller', 'everyone'])
    .optional()
    .describe('Who gets whose answers: those of the same session when left out.'),
  tools: z
    .enum(['never', 'exact', 'semantic'])
    .optional()
    .describe('How far turns with tool results, and answers that call tools, are kept; `never`.'),
  semantic: semanticSchema.optional(),
  embedding: embeddingSchema.optional(),
  store: z
    .enum(['embedded', 'redis'])
    .optional()
    .describe('`embedded`, also when left out: in memory and a file. `redis`: that of `redis`.'),
  limits: cacheLimitsSchema.optional(),
});
