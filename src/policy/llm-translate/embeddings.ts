// OpenAI's embeddings for providers with words of their own. Sources: Cohere's reference of
// POST /v2/embed, Voyage's of POST /v1/embeddings.

import { Buffer } from 'node:buffer';
import type { Translation, TranslationTarget } from '../llm-translation.ts';
import { Fields, isObject } from './fields.ts';
import { Losses } from './losses.ts';
import { parseJson, present } from './parts.ts';

interface Embedder {
  writeRequest(asked: Asked, target: TranslationTarget): Record<string, unknown>;
  /** A vector for each text: numbers, or their bytes in base64. */
  readVectors(answer: Fields): readonly unknown[];
  readTokens(answer: Fields): number;
}

interface Asked {
  readonly texts: readonly string[];
  readonly dimensions: number | null;
  readonly isBase64: boolean;
  /** An extension that both have: what the texts are for. */
  readonly inputType: string | null;
}

const embedders = {
  'embed-cohere': {
    writeRequest: ({ texts, dimensions, isBase64, inputType }, { model }) =>
      present({
        ...{ model, texts, input_type: inputType ?? 'search_document' },
        embedding_types: [isBase64 ? 'base64' : 'float'],
        output_dimension: dimensions,
      }),
    readVectors(answer) {
      const made = answer.inner('embeddings');
      return made?.value('base64') === undefined
        ? (made?.list('float') ?? [])
        : made.list('base64');
    },
    readTokens: (answer) =>
      answer.inner('meta')?.inner('billed_units')?.number('input_tokens') ?? 0,
  },
  'embed-voyage': {
    writeRequest: ({ texts, dimensions, isBase64, inputType }, { model }) =>
      present({
        ...{ model, input: texts, input_type: inputType, output_dimension: dimensions },
        encoding_format: isBase64 ? 'base64' : null,
      }),
    readVectors: (answer) => answer.each('data').map((one) => one.value('embedding')),
    readTokens: (answer) => answer.inner('usage')?.number('total_tokens') ?? 0,
  },
} as const satisfies Readonly<Record<string, Embedder>>;

export type EmbedApi = keyof typeof embedders;

export function embedTranslation(to: EmbedApi): Translation {
  const embedder: Embedder = embedders[to];
  return {
    ...{ from: 'embeddings', to },
    request(body, target) {
      const losses = new Losses();
      const asked = readRequest(parseJson(Buffer.from(body).toString('utf8')), losses);
      if (losses.refused !== null) return { refused: losses.refused };
      const written = embedder.writeRequest(asked, target);
      return { body: Buffer.from(JSON.stringify(written)), dropped: losses.hints };
    },
    answer(body, { model }) {
      const parsed = parseJson(Buffer.from(body).toString('utf8'));
      const fields = new Fields(isObject(parsed) ? parsed : {}, '', new Losses());
      const vectors = embedder.readVectors(fields);
      const tokens = embedder.readTokens(fields);
      const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }));
      const usage = { prompt_tokens: tokens, total_tokens: tokens };
      return Buffer.from(JSON.stringify({ object: 'list', data, model, usage }));
    },
    // Embeddings are never streamed.
    stream: () => ({ event: (event) => Buffer.from(event), end: () => Buffer.alloc(0) }),
  };
}

function readRequest(body: unknown, losses: Losses): Asked {
  const fields = new Fields(body, '', losses);
  fields.known('model');
  const input = fields.value('input');
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === 0 || !texts.every((text) => typeof text === 'string')) {
    losses.refuse('input', 'must be a text or a list of texts at this model');
  }
  const format = fields.text('encoding_format');
  const asked = {
    texts: texts.filter((text) => typeof text === 'string'),
    dimensions: fields.number('dimensions'),
    isBase64: format === 'base64',
    inputType: fields.text('input_type'),
  };
  fields.hints('user');
  fields.done();
  return asked;
}
