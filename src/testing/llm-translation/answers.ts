// Random answers of a model, and what a client's stream of one adds up to.

import fc from 'fast-check';
import type {
  Answer,
  Counts,
  StreamEvent,
  StreamReader,
} from '../../policy/llm-translate/conversation.ts';

type AnswerPart = Answer['parts'][number];

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const word = fc.stringMatching(/^[a-z_]{1,12}$/);
const tokens = fc.nat({ max: 100_000 });

export const counts: fc.Arbitrary<Counts> = fc
  .record({ input: tokens, cacheRead: tokens, output: tokens })
  .map(({ input, cacheRead, output }) => ({
    input,
    cacheRead,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output,
    reasoning: 0,
  }));

const part: fc.Arbitrary<AnswerPart> = fc.oneof(
  text.map((said): AnswerPart => ({ kind: 'text', text: said, cache: null })),
  fc.record({ id: word, name: word, input: fc.dictionary(word, text, { maxKeys: 3 }) }).map(
    ({ id, name, input }): AnswerPart => ({
      kind: 'call',
      id,
      name,
      argumentsText: JSON.stringify(input),
      signature: null,
      cache: null,
    }),
  ),
  text.map((thought): AnswerPart => {
    return { kind: 'thinking', text: thought, signature: null, isRedacted: false };
  }),
);

/** Parts in the order models give them: thoughts, a text, calls. */
export const answers: fc.Arbitrary<Answer> = fc
  .record({ id: word, model: word, parts: fc.array(part, { minLength: 1, maxLength: 5 }), counts })
  .map(({ parts, ...rest }) => {
    const thought = parts.filter(({ kind }) => kind === 'thinking').slice(0, 1);
    const said = parts.filter(({ kind }) => kind === 'text').slice(0, 1);
    const calls = parts.filter(({ kind }) => kind === 'call');
    const stop = calls.length > 0 ? ('calls' as const) : ('end' as const);
    return { ...rest, parts: [...thought, ...said, ...calls], stop, stopSequence: null };
  });

/** The events that a provider would make of an answer. */
export function eventsOf(answer: Answer, pieceLength: number): StreamEvent[] {
  const { id, model, stop, stopSequence } = answer;
  return [
    { kind: 'start', id, model, counts: answer.counts },
    ...answer.parts.flatMap((whole): StreamEvent[] => {
      const isCall = whole.kind === 'call';
      const said = isCall ? whole.argumentsText : whole.text;
      const opened = isCall ? { ...whole, argumentsText: '' } : { ...whole, text: '' };
      return [
        { kind: 'open', part: opened },
        ...pieces(said, pieceLength).map(
          (piece): StreamEvent => ({ kind: isCall ? 'arguments' : 'text', text: piece }),
        ),
        { kind: 'close' },
      ];
    }),
    { kind: 'end', stop, stopSequence, counts: answer.counts },
  ];
}

function pieces(said: string, length: number): string[] {
  const letters = [...said];
  const count = Math.ceil(letters.length / length);
  return Array.from({ length: count }, (_, index) =>
    letters.slice(index * length, (index + 1) * length).join(''),
  );
}

/** What events add up to; null where they do not come to an end, or break an order. */
export function foldEvents(events: readonly StreamEvent[]): Answer | null {
  const parts: AnswerPart[] = [];
  let open: AnswerPart | null = null;
  let start: Extract<StreamEvent, { kind: 'start' }> | null = null;
  for (const event of events) {
    if (event.kind === 'start') start = event;
    else if (event.kind === 'open') {
      if (open !== null) return null;
      open = event.part;
    } else if (event.kind === 'close') {
      if (open === null) return null;
      parts.push(open);
      open = null;
    } else if (event.kind === 'end') {
      if (open !== null || start === null) return null;
      const { id, model } = start;
      const { stop, stopSequence, counts: counted } = event;
      return { id, model, parts, stop, stopSequence, counts: counted };
    } else if (event.kind === 'error') return null;
    else if (open !== null) open = grown(open, event);
  }
  return null;
}

function grown(open: AnswerPart, { kind, text: more }: Extract<StreamEvent, { text: string }>) {
  if (open.kind === 'call') return { ...open, argumentsText: open.argumentsText + more };
  if (kind !== 'signature') return { ...open, text: open.text + more };
  return open.kind === 'thinking' ? { ...open, signature: (open.signature ?? '') + more } : open;
}

/** Reads server-sent events as a client would, and adds them up. */
export function readBack(reader: StreamReader, stream: string): Answer | null {
  const datas = stream.split('\n\n').flatMap((event) => {
    const data = event.split('\n').find((line) => line.startsWith('data: '));
    return data === undefined ? [] : [data.slice('data: '.length)];
  });
  return foldEvents([...datas.flatMap((data) => reader.read(data)), ...reader.end()]);
}
