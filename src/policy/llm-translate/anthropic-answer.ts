// Anthropic's answers, whole: read from the provider, written for the client.

import { type Answer, type Counts, noCounts, type Stop } from './conversation.ts';
import { Fields, isObject } from './fields.ts';
import { Losses } from './losses.ts';
import { parseJson, textPart } from './parts.ts';

const stopOf: Readonly<Record<string, Stop>> = {
  end_turn: 'end',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'calls',
  stop_sequence: 'stop-sequence',
  refusal: 'refusal',
  pause_turn: 'pause',
};

const reasonOf: Readonly<Record<Stop, string>> = {
  end: 'end_turn',
  length: 'max_tokens',
  calls: 'tool_use',
  'stop-sequence': 'stop_sequence',
  refusal: 'refusal',
  pause: 'pause_turn',
};

export function readAnthropicStop(reason: string | null): Stop {
  return reason !== null && Object.hasOwn(stopOf, reason) ? (stopOf[reason] ?? 'end') : 'end';
}

export function writeAnthropicStop(stop: Stop): string {
  return reasonOf[stop];
}

export function readAnthropicAnswer(body: unknown): Answer {
  const fields = new Fields(body, '', new Losses());
  return {
    id: fields.text('id') ?? '',
    model: fields.text('model') ?? '',
    parts: fields.each('content').flatMap(readPart),
    stop: readAnthropicStop(fields.text('stop_reason')),
    stopSequence: fields.text('stop_sequence'),
    counts: readAnthropicCounts(fields.value('usage')),
  };
}

export function readPart(block: Fields): Answer['parts'] {
  switch (block.text('type')) {
    case 'text':
      return [textPart(block.text('text') ?? '')];
    case 'thinking': {
      const signature = block.text('signature');
      const text = block.text('thinking') ?? '';
      return [
        {
          kind: 'thinking',
          text,
          signature: signature === '' ? null : signature,
          isRedacted: false,
        },
      ];
    }
    case 'redacted_thinking':
      return [{ kind: 'thinking', text: '', signature: block.text('data'), isRedacted: true }];
    case 'tool_use': {
      const input = block.value('input');
      const argumentsText = isObject(input) ? JSON.stringify(input) : '{}';
      const id = block.text('id') ?? '';
      return [
        {
          kind: 'call',
          id,
          name: block.text('name') ?? '',
          argumentsText,
          signature: null,
          cache: null,
        },
      ];
    }
    default:
      // What the provider's own tools did: no other dialect has a place for it.
      return [];
  }
}

export function readAnthropicCounts(raw: unknown, before: Counts | null = null): Counts | null {
  if (!isObject(raw)) return before;
  const usage = new Fields(raw, '', new Losses());
  const base = before ?? noCounts;
  const written = usage.number('cache_creation_input_tokens');
  const hour = usage.inner('cache_creation')?.number('ephemeral_1h_input_tokens') ?? null;
  const cacheWrite1h = hour ?? base.cacheWrite1h;
  return {
    input: usage.number('input_tokens') ?? base.input,
    cacheRead: usage.number('cache_read_input_tokens') ?? base.cacheRead,
    cacheWrite: written === null ? base.cacheWrite : Math.max(written - cacheWrite1h, 0),
    cacheWrite1h,
    output: usage.number('output_tokens') ?? base.output,
    reasoning: base.reasoning,
  };
}

export function writeAnthropicCounts(counts: Counts | null): object {
  const { input, cacheRead, cacheWrite, cacheWrite1h, output } = counts ?? noCounts;
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite + cacheWrite1h,
    cache_read_input_tokens: cacheRead,
    output_tokens: output,
  };
}

export function writeAnthropicAnswer(answer: Answer): Record<string, unknown> {
  return {
    id: answer.id,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: answer.parts.map(writePart),
    stop_reason: writeAnthropicStop(answer.stop),
    stop_sequence: answer.stopSequence,
    usage: writeAnthropicCounts(answer.counts),
  };
}

function writePart(part: Answer['parts'][number]): object {
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'thinking':
      return part.isRedacted
        ? { type: 'redacted_thinking', data: part.signature ?? '' }
        : { type: 'thinking', thinking: part.text, signature: part.signature ?? '' };
    case 'call': {
      const input = parseJson(part.argumentsText);
      // Arguments that are no object cannot stand there; the tool sees them under a name.
      const shown = isObject(input)
        ? input
        : part.argumentsText.trim() === ''
          ? {}
          : { arguments: part.argumentsText };
      return { type: 'tool_use', id: part.id, name: part.name, input: shown };
    }
  }
}
