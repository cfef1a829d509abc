// From one API to another, for models that do not speak the client's. Where they do, nothing here
// runs: the bytes go through as they came.

import { createParser } from 'eventsource-parser';
import type { Api } from '../llm-api.ts';
import type {
  AnswerContext,
  StreamTranslation,
  TranslatedRequest,
  Translation,
  Translations,
  TranslationTarget,
} from '../llm-translation.ts';
import type { StreamEvent } from './conversation.ts';
import { countTranslation } from './count-tokens.ts';
import {
  type ClientDialect,
  clientDialects,
  type Frame,
  type ProviderDialect,
  providerDialects,
} from './dialects.ts';
import { embedTranslation } from './embeddings.ts';
import { Losses } from './losses.ts';
import { parseJson } from './parts.ts';

/** Null where no client speaks `from`, no provider speaks `to`, or the two are the same. */
export const findTranslation: Translations = (from, to) => {
  if (from === 'count-tokens') return isCount(to) ? countTranslation(to, findTranslation) : null;
  if (from === 'embeddings') return isEmbed(to) ? embedTranslation(to) : null;
  const client = entry<ClientDialect>(clientDialects, from);
  const provider = entry<ProviderDialect>(providerDialects, to);
  return client === null || provider === null || from === to
    ? null
    : translationOf(from, to, client, provider);
};

const isCount = (api: Api) => api === 'count-responses' || api === 'count-generate';
const isEmbed = (api: Api) => api === 'embed-cohere' || api === 'embed-voyage';

function entry<Value>(of: Partial<Record<Api, Value>>, api: Api): Value | null {
  return of[api] ?? null;
}

function translationOf(
  from: Api,
  to: Api,
  client: ClientDialect,
  provider: ProviderDialect,
): Translation {
  return {
    from,
    to,
    request: (body, target) => translateRequest(client, provider, body, target),
    answer(body, context) {
      const parsed = parseJson(Buffer.from(body).toString('utf8'));
      const answer = provider.readAnswer(parsed ?? {});
      const written = client.writeAnswer(named(answer, context), frameOf(context));
      return Buffer.from(JSON.stringify(written));
    },
    stream: (context) => translateStream(client, provider, context),
  };
}

/** Never throws: what cannot be carried over is dropped by name, or refuses the request. */
function translateRequest(
  client: ClientDialect,
  provider: ProviderDialect,
  body: Uint8Array,
  target: TranslationTarget,
): TranslatedRequest | { readonly refused: string } {
  const losses = new Losses();
  const parsed = parseJson(Buffer.from(body).toString('utf8'));
  const conversation = client.readRequest(parsed, losses);
  if (conversation.turns.every(({ role }) => role === 'system')) {
    losses.refuse('messages', 'must hold something to answer');
  }
  const written = provider.writeRequest(conversation, target, losses);
  if (losses.refused !== null) return { refused: losses.refused };
  return { body: Buffer.from(JSON.stringify(written)), dropped: losses.hints };
}

function frameOf({ nowMs, includeUsage }: AnswerContext): Frame {
  return { createdSeconds: Math.floor(nowMs / 1_000), countInStream: includeUsage };
}

/** The client asked for a name of ours, and some providers give their answers no id. */
function named<Named extends { readonly id: string }>(value: Named, context: AnswerContext) {
  const id = value.id === '' ? context.requestId : value.id;
  return { ...value, id, model: context.model };
}

function translateStream(
  client: ClientDialect,
  provider: ProviderDialect,
  context: AnswerContext,
): StreamTranslation {
  const reader = provider.readStream();
  const writer = client.writeStream(frameOf(context));
  let isOver = false;
  let out = '';
  const write = (events: readonly StreamEvent[]) => {
    for (const event of events) {
      // What follows the end, or an error, is not part of the answer.
      if (isOver) return;
      isOver = event.kind === 'end' || event.kind === 'error';
      out += writer.write(event.kind === 'start' ? named(event, context) : event);
    }
  };
  const parser = createParser({ onEvent: ({ data }) => write(reader.read(data)) });
  const take = () => {
    const written = Buffer.from(out);
    out = '';
    return written;
  };
  return {
    event(bytes) {
      parser.feed(Buffer.from(bytes).toString('utf8'));
      return take();
    },
    end(whole) {
      if (whole) write(reader.end());
      const message = 'The provider broke off its answer.';
      write([{ kind: 'error', type: 'api_error', message }]);
      return take();
    },
  };
}
