// What an answer says, without the words of its API: for finding out whether two answers say the
// same.

import { createParser } from 'eventsource-parser';
import type { Api } from '../llm-api.ts';
import type { StreamEvent, StreamReader } from '../llm-translate/conversation.ts';
import { type ProviderDialect, providerDialects } from '../llm-translate/dialects.ts';
import { parseJson } from '../llm-translate/parts.ts';

/** Null where it says nothing in words, or in words of an API that has none. */
export function answerText(api: Api, contentType: string, body: Buffer): string | null {
  const dialects: Partial<Readonly<Record<Api, ProviderDialect>>> = providerDialects;
  const dialect = dialects[api];
  if (dialect === undefined || api === 'generate') return null;
  const said = body.toString('utf8');
  const text = contentType.startsWith('text/event-stream')
    ? streamText(dialect.readStream(), said)
    : wholeText(dialect, parseJson(said));
  return text.trim() === '' ? null : text;
}

/**
 * Whether two answers say the same to the letter, but for spaces, capitals and the stop at the end:
 * a model that is asked twice writes those as it likes.
 */
export function sayTheSame(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function plain(text: string): string {
  const folded = text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim();
  return folded.replace(/[.!]+$/, '');
}

function wholeText(dialect: ProviderDialect, answer: unknown): string {
  const { parts } = dialect.readAnswer(answer ?? {});
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

function streamText(reader: StreamReader, said: string): string {
  let text = '';
  let isText = false;
  const take = (event: StreamEvent) => {
    if (event.kind === 'open') isText = event.part.kind === 'text';
    if (event.kind === 'text' && isText) text += event.text;
  };
  const parser = createParser({ onEvent: ({ data }) => reader.read(data).forEach(take) });
  parser.feed(said);
  reader.end().forEach(take);
  return text;
}
