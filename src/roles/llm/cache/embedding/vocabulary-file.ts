// The vocabulary of a model of the user's own, from either file that such models come with.

import * as z from 'zod';

/** https://huggingface.co/docs/tokenizers/api/models */
const tokenizerSchema = z.object({
  model: z.object({ type: z.literal('WordPiece'), vocab: z.record(z.string(), z.int().min(0)) }),
  normalizer: z.object({ lowercase: z.boolean().default(true) }).nullish(),
});

/**
 * A piece a line, in the order of their numbers: `vocab.txt` as it is, or what `tokenizer.json`
 * says.
 * @throws Error that says what is not known of it
 */
export function vocabularyIn(text: string): string {
  if (!text.startsWith('{')) return text;
  const { model, normalizer } = read(text);
  if (normalizer?.lowercase === false) {
    throw new Error('its tokenizer tells capitals apart, which is not known here');
  }
  const pieces = Object.entries(model.vocab).sort(([, a], [, b]) => a - b);
  if (pieces.some(([, id], index) => id !== index)) {
    throw new Error('the numbers in its vocabulary have gaps');
  }
  return pieces.map(([piece]) => piece).join('\n');
}

function read(text: string): z.infer<typeof tokenizerSchema> {
  try {
    return tokenizerSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error('its tokenizer is not WordPiece, which is the one that is known', { cause });
  }
}
