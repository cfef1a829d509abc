// Anthropic's stream of events: https://docs.claude.com/en/docs/build-with-claude/streaming

import {
  readAnthropicCounts,
  readAnthropicStop,
  readPart,
  writeAnthropicCounts,
  writeAnthropicStop,
} from './anthropic-answer.ts';
import type { Counts, StreamEvent, StreamReader, StreamWriter } from './conversation.ts';
import { Fields } from './fields.ts';
import { Losses } from './losses.ts';
import { parseJson } from './parts.ts';

export function readAnthropicStream(): StreamReader {
  let counts: Counts | null = null;
  let end: Extract<StreamEvent, { kind: 'end' }> | null = null;
  /** Whether the block that is open has a counterpart; the others' deltas are left out. */
  let isShown = false;
  const readEvent = (event: Fields): StreamEvent[] => {
    switch (event.text('type')) {
      case 'message_start': {
        const message = event.inner('message');
        counts = readAnthropicCounts(message?.value('usage'));
        const id = message?.text('id') ?? '';
        return [{ kind: 'start', id, model: message?.text('model') ?? '', counts }];
      }
      case 'content_block_start': {
        const block = event.inner('content_block');
        const [part] = block === null ? [] : readPart(block);
        isShown = part !== undefined;
        if (part === undefined) return [];
        // The input comes as text in the deltas; what stands here is a placeholder.
        return [
          { kind: 'open', part: part.kind === 'call' ? { ...part, argumentsText: '' } : part },
        ];
      }
      case 'content_block_delta':
        return isShown ? readDelta(event.inner('delta')) : [];
      case 'content_block_stop':
        return isShown ? [{ kind: 'close' }] : [];
      case 'message_delta': {
        const delta = event.inner('delta');
        counts = readAnthropicCounts(event.value('usage'), counts);
        const stop = readAnthropicStop(delta?.text('stop_reason') ?? null);
        end = { kind: 'end', stop, stopSequence: delta?.text('stop_sequence') ?? null, counts };
        return [];
      }
      case 'message_stop': {
        const last = end;
        end = null;
        return last === null ? [] : [last];
      }
      case 'error': {
        const error = event.inner('error');
        const message = error?.text('message') ?? '';
        return [{ kind: 'error', type: error?.text('type') ?? 'api_error', message }];
      }
      default:
        return [];
    }
  };
  return {
    read: (data) => {
      const event = parseJson(data);
      return event === undefined ? [] : readEvent(new Fields(event, '', new Losses()));
    },
    end: () => [],
  };
}

function readDelta(delta: Fields | null): StreamEvent[] {
  switch (delta?.text('type')) {
    case 'text_delta':
      return [{ kind: 'text', text: delta.text('text') ?? '' }];
    case 'thinking_delta':
      return [{ kind: 'text', text: delta.text('thinking') ?? '' }];
    case 'signature_delta':
      return [{ kind: 'signature', text: delta.text('signature') ?? '' }];
    case 'input_json_delta':
      return [{ kind: 'arguments', text: delta.text('partial_json') ?? '' }];
    default:
      return [];
  }
}

export function writeAnthropicStream(): StreamWriter {
  let index = -1;
  let openKind: 'text' | 'thinking' | 'call' = 'text';
  let startCounts: Counts | null = null;
  const send = (type: string, rest: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const delta = (rest: object) => send('content_block_delta', { index, delta: rest });
  const open = (event: Extract<StreamEvent, { kind: 'open' }>) => {
    index += 1;
    const { part } = event;
    openKind = part.kind;
    return send('content_block_start', { index, content_block: startOf(part) });
  };
  return {
    write(event) {
      switch (event.kind) {
        case 'start':
          startCounts = event.counts;
          return send('message_start', { message: messageOf(event) });
        case 'open':
          return open(event);
        case 'text':
          return openKind === 'thinking'
            ? delta({ type: 'thinking_delta', thinking: event.text })
            : delta({ type: 'text_delta', text: event.text });
        case 'arguments':
          return delta({ type: 'input_json_delta', partial_json: event.text });
        case 'signature':
          return delta({ type: 'signature_delta', signature: event.text });
        case 'close':
          return send('content_block_stop', { index });
        case 'end': {
          const { stop, stopSequence, counts } = event;
          const ended = { stop_reason: writeAnthropicStop(stop), stop_sequence: stopSequence };
          const usage = writeAnthropicCounts(counts ?? startCounts);
          return send('message_delta', { delta: ended, usage }) + send('message_stop', {});
        }
        case 'error':
          return send('error', { error: { type: event.type, message: event.message } });
      }
    },
  };
}

function messageOf({ id, model, counts }: Extract<StreamEvent, { kind: 'start' }>): object {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: writeAnthropicCounts(counts),
  };
}

function startOf(part: Extract<StreamEvent, { kind: 'open' }>['part']): object {
  if (part.kind === 'text') return { type: 'text', text: '' };
  if (part.kind === 'call') return { type: 'tool_use', id: part.id, name: part.name, input: {} };
  return part.isRedacted
    ? { type: 'redacted_thinking', data: part.signature ?? '' }
    : { type: 'thinking', thinking: '', signature: '' };
}
