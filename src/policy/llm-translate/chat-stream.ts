// The stream of chat completions: https://platform.openai.com/docs/api-reference/chat-streaming

import { readChatStop, writeCall, writeChatStop, writeThought } from './chat-answer.ts';
import type { Counts, Stop, StreamEvent, StreamReader, StreamWriter } from './conversation.ts';
import { Fields } from './fields.ts';
import { Losses } from './losses.ts';
import { OpenPart } from './open-part.ts';
import { chatCounts, readCounts, writeCounts } from './openai-words.ts';
import { parseJson, textPart } from './parts.ts';

export function readChatStream(): StreamReader {
  const part = new OpenPart();
  let started = false;
  let counts: Counts | null = null;
  let stop: Stop | null = null;
  let ended = false;
  const finish = (): StreamEvent[] => {
    if (ended || !started) return [];
    ended = true;
    const closed = part.close();
    // A stream that breaks off has no reason: it did not end, and the client must see that.
    if (stop === null) return closed;
    return [...closed, { kind: 'end', stop, stopSequence: null, counts }];
  };
  const readChunk = (chunk: Fields): StreamEvent[] => {
    const error = chunk.inner('error');
    if (error !== null) return [errorOf(error)];
    const events: StreamEvent[] = [];
    if (!started) {
      started = true;
      const id = chunk.text('id') ?? '';
      events.push({ kind: 'start', id, model: chunk.text('model') ?? '', counts: null });
    }
    counts = readCounts(chunk.value('usage'), chatCounts) ?? counts;
    const choice = chunk.each('choices')[0];
    const delta = choice?.inner('delta') ?? null;
    if (delta !== null) events.push(...readDelta(delta, part));
    const reason = choice?.text('finish_reason') ?? null;
    if (reason !== null) stop = part.called && reason === 'stop' ? 'calls' : readChatStop(reason);
    return events;
  };
  return {
    read(data) {
      if (data === '[DONE]') return finish();
      const chunk = parseJson(data);
      return chunk === undefined ? [] : readChunk(new Fields(chunk, '', new Losses()));
    },
    end: finish,
  };
}

function errorOf(error: Fields): StreamEvent {
  return {
    kind: 'error',
    type: error.text('type') ?? 'api_error',
    message: error.text('message') ?? '',
  };
}

function readDelta(delta: Fields, part: OpenPart): StreamEvent[] {
  const events: StreamEvent[] = [];
  const thought = delta.text('reasoning_content') ?? delta.text('reasoning') ?? '';
  if (thought !== '') {
    events.push(
      ...part.open('thinking', () => ({
        kind: 'thinking',
        text: '',
        signature: null,
        isRedacted: false,
      })),
    );
    events.push({ kind: 'text', text: thought });
  }
  const text = (delta.text('content') ?? '') + (delta.text('refusal') ?? '');
  if (text !== '') {
    events.push(...part.open('text', () => textPart('')));
    events.push({ kind: 'text', text });
  }
  for (const [position, call] of delta.each('tool_calls').entries()) {
    events.push(...readCallDelta(call, position, part));
  }
  return events;
}

function readCallDelta(call: Fields, position: number, part: OpenPart): StreamEvent[] {
  const inner = call.inner('function');
  const google = call.inner('extra_content')?.inner('google') ?? null;
  const id = call.text('id') ?? '';
  const events = part.open(`call ${call.number('index') ?? position}`, () => ({
    kind: 'call',
    id,
    name: inner?.text('name') ?? '',
    argumentsText: '',
    signature: google?.text('thought_signature') ?? null,
    cache: null,
  }));
  const text = inner?.text('arguments') ?? '';
  if (text !== '') events.push({ kind: 'arguments', text });
  return events;
}

/** `countInStream`: whether the client asked for the extra chunk with counts. */
export function writeChatStream(createdSeconds: number, countInStream: boolean): StreamWriter {
  let id = '';
  let model = '';
  let openKind: 'text' | 'thinking' | 'call' = 'text';
  let calls = -1;
  let thought = '';
  const send = (rest: object) =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: createdSeconds, model, ...rest })}\n\n`;
  const delta = (content: object, finish: string | null = null) =>
    send({ choices: [{ index: 0, delta: content, logprobs: null, finish_reason: finish }] });
  const open = ({ part }: Extract<StreamEvent, { kind: 'open' }>): string => {
    openKind = part.kind;
    thought = '';
    if (part.kind === 'call') {
      calls += 1;
      return delta({ tool_calls: [{ index: calls, ...writeCall(part) }] });
    }
    return part.kind === 'thinking' && part.isRedacted
      ? delta({ thinking_blocks: [writeThought(part)] })
      : '';
  };
  const text = (piece: string): string => {
    if (openKind !== 'thinking') return delta({ content: piece });
    thought += piece;
    return delta({ reasoning_content: piece });
  };
  return {
    write(event) {
      switch (event.kind) {
        case 'start':
          ({ id, model } = event);
          return delta({ role: 'assistant', content: '' });
        case 'open':
          return open(event);
        case 'text':
          return text(event.text);
        case 'arguments':
          return delta({ tool_calls: [{ index: calls, function: { arguments: event.text } }] });
        case 'signature': {
          const signed = { text: thought, signature: event.text, isRedacted: false } as const;
          return delta({ thinking_blocks: [writeThought({ kind: 'thinking', ...signed })] });
        }
        case 'close':
          return '';
        case 'end': {
          const last = delta({}, writeChatStop(event.stop));
          const usage = writeCounts(event.counts, chatCounts);
          return `${last}${countInStream ? send({ choices: [], usage }) : ''}data: [DONE]\n\n`;
        }
        case 'error': {
          const { type, message } = event;
          return `data: ${JSON.stringify({ error: { message, type, param: null, code: null } })}\n\n`;
        }
      }
    },
  };
}
