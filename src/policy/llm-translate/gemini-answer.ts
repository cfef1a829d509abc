// Gemini's own answers, whole and streamed: each event of a stream is a whole answer with the next
// pieces in it. https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse

import type { Answer, CallPart, Counts, Stop, StreamEvent, StreamReader } from './conversation.ts';
import { Fields, isObject } from './fields.ts';
import { Losses } from './losses.ts';
import { OpenPart } from './open-part.ts';
import { parseJson, textPart } from './parts.ts';

type AnswerPart = Answer['parts'][number];

export function readGeminiAnswer(body: unknown): Answer {
  const fields = new Fields(body, '', new Losses());
  const id = fields.text('responseId') ?? '';
  const parts: AnswerPart[] = [];
  for (const [index, raw] of partsOf(fields).entries()) {
    const part = readPart(raw, `${id}-${index}`);
    if (part !== null) parts.push(part);
  }
  const called = parts.some(({ kind }) => kind === 'call');
  return {
    id,
    model: fields.text('modelVersion') ?? '',
    parts,
    stop: stopOf(fields, called) ?? 'end',
    stopSequence: null,
    counts: readGeminiCounts(fields.value('usageMetadata')),
  };
}

function partsOf(fields: Fields): Fields[] {
  return fields.each('candidates')[0]?.inner('content')?.each('parts') ?? [];
}

function readPart(part: Fields, callId: string): AnswerPart | null {
  const call = part.inner('functionCall');
  if (call !== null) return readCall(call, part.text('thoughtSignature'), callId);
  const text = part.text('text');
  if (text === null) return null;
  if (part.flag('thought') !== true) return textPart(text);
  return { kind: 'thinking', text, signature: null, isRedacted: false };
}

/** Older models give their calls no id, and the other dialects cannot answer a call without one. */
function readCall(call: Fields, signature: string | null, callId: string): CallPart {
  const args = call.value('args');
  return {
    kind: 'call',
    id: call.text('id') ?? `call_${callId}`,
    name: call.text('name') ?? '',
    argumentsText: isObject(args) ? JSON.stringify(args) : '{}',
    signature,
    cache: null,
  };
}

/** Null while the answer goes on. */
function stopOf(fields: Fields, called: boolean): Stop | null {
  if (fields.inner('promptFeedback')?.text('blockReason') != null) return 'refusal';
  const reason = fields.each('candidates')[0]?.text('finishReason') ?? null;
  if (reason === null) return null;
  if (reason === 'MAX_TOKENS') return 'length';
  if (reason === 'STOP' || reason === 'FINISH_REASON_UNSPECIFIED') return called ? 'calls' : 'end';
  return refusals.has(reason) ? 'refusal' : 'end';
}

const refusals = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
]);

export function readGeminiCounts(raw: unknown): Counts | null {
  if (!isObject(raw)) return null;
  const usage = new Fields(raw, '', new Losses());
  const number = (key: string) => usage.number(key) ?? 0;
  const cacheRead = number('cachedContentTokenCount');
  const reasoning = number('thoughtsTokenCount');
  return {
    input: Math.max(number('promptTokenCount') + number('toolUsePromptTokenCount') - cacheRead, 0),
    cacheRead,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output: number('candidatesTokenCount') + reasoning,
    reasoning,
  };
}

export function readGeminiStream(): StreamReader {
  const open = new OpenPart();
  let id: string | null = null;
  let calls = 0;
  let counts: Counts | null = null;
  let stop: Stop | null = null;
  let ended = false;
  const readPiece = (raw: Fields): StreamEvent[] => {
    const part = readPart(raw, `${id}-${calls}`);
    if (part === null) return [];
    if (part.kind !== 'call') {
      const opened = open.open(part.kind, () => ({ ...part, text: '' }));
      return part.text === '' ? opened : [...opened, { kind: 'text', text: part.text }];
    }
    calls += 1;
    return [
      ...open.open(`call ${calls}`, () => ({ ...part, argumentsText: '' })),
      { kind: 'arguments', text: part.argumentsText },
    ];
  };
  const readChunk = (chunk: Fields): StreamEvent[] => {
    const error = chunk.inner('error');
    if (error !== null) {
      const type = error.text('status') ?? 'api_error';
      return [{ kind: 'error', type, message: error.text('message') ?? '' }];
    }
    const events: StreamEvent[] = [];
    if (id === null) {
      id = chunk.text('responseId') ?? '';
      events.push({ kind: 'start', id, model: chunk.text('modelVersion') ?? '', counts: null });
    }
    counts = readGeminiCounts(chunk.value('usageMetadata')) ?? counts;
    for (const raw of partsOf(chunk)) events.push(...readPiece(raw));
    stop = stopOf(chunk, calls > 0) ?? stop;
    return events;
  };
  return {
    read(data) {
      const chunk = parseJson(data);
      return chunk === undefined ? [] : readChunk(new Fields(chunk, '', new Losses()));
    },
    end() {
      if (ended) return [];
      ended = true;
      const closed = open.close();
      return stop === null
        ? closed
        : [...closed, { kind: 'end', stop, stopSequence: null, counts }];
    },
  };
}
