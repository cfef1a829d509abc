// Whole requests, answers and streams in their real shapes, as golden files: the first line says
// what is translated, from which API to which.

import assert from 'node:assert/strict';
import { goldenCases } from '../../testing/golden.ts';
import { type Api, apis } from '../llm-api.ts';
import type { Translation } from '../llm-translation.ts';
import { findTranslation } from './translate.ts';

const target = { model: 'real', outputTokens: 8_192, outputKey: 'max_completion_tokens' } as const;
const context = {
  model: 'smart',
  requestId: 'req1',
  nowMs: 1_700_000_000_000,
  includeUsage: true,
};

goldenCases(new URL('../../../cases/llm-translation/', import.meta.url), (input) => {
  const cut = input.indexOf('\n');
  const [kind, from, to] = input.slice(0, cut).split(' ');
  const body = input.slice(cut + 1);
  // A request goes from the client's API, an answer to it.
  if (kind === 'request') return requestCase(find(from, to), body);
  return kind === 'answer' ? answerCase(find(to, from), body) : streamCase(find(to, from), body);
});

function find(client: string | undefined, provider: string | undefined): Translation {
  const api = (name: string | undefined): Api | undefined => apis.find((known) => known === name);
  const found = findTranslation(api(client) ?? 'embeddings', api(provider) ?? 'embeddings');
  assert.ok(found !== null, `${client} ${provider}`);
  return found;
}

function requestCase(translation: Translation, body: string): string {
  const written = translation.request(Buffer.from(body), target);
  if ('refused' in written) return `refused: ${written.refused}`;
  const dropped = `dropped: ${written.dropped.join(' ') || 'nothing'}`;
  return `${JSON.stringify(JSON.parse(String(written.body)), null, 2)}\n${dropped}`;
}

function answerCase(translation: Translation, body: string): string {
  return JSON.stringify(
    JSON.parse(String(translation.answer(Buffer.from(body), context))),
    null,
    2,
  );
}

function streamCase(translation: Translation, body: string): string {
  const stream = translation.stream(context);
  const events = `${body}\n\n`.split(/(?<=\n\n)/).map((event) => stream.event(Buffer.from(event)));
  return `${Buffer.concat(events)}${stream.end(true)}`.trimEnd();
}
