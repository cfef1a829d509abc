// The stream of the Responses API, read:
// https://platform.openai.com/docs/api-reference/responses-streaming

import type { StreamEvent, StreamReader } from './conversation.ts';
import { Fields } from './fields.ts';
import { Losses } from './losses.ts';
import { OpenPart } from './open-part.ts';
import { readCounts, responsesCounts } from './openai-words.ts';
import { parseJson, textPart } from './parts.ts';
import { readResponsesCall, readResponsesStop } from './responses-answer.ts';

export function readResponsesStream(): StreamReader {
  const part = new OpenPart();
  let ended = false;
  const finish = (response: Fields): StreamEvent[] => {
    ended = true;
    const stop = readResponsesStop(response, part.called);
    const counts = readCounts(response.value('usage'), responsesCounts);
    return [...part.close(), { kind: 'end', stop, stopSequence: null, counts }];
  };
  const readEvent = (event: Fields): StreamEvent[] => {
    const type = event.text('type') ?? '';
    switch (type) {
      case 'response.created': {
        const response = event.inner('response');
        const id = response?.text('id') ?? '';
        return [{ kind: 'start', id, model: response?.text('model') ?? '', counts: null }];
      }
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        return readText(event, part);
      case 'response.reasoning_summary_text.delta':
        return readThought(event, part);
      case 'response.output_item.added': {
        const item = event.inner('item');
        if (item?.text('type') !== 'function_call') return [];
        const call = readResponsesCall(item);
        const key = `call ${event.number('output_index')}`;
        return part.open(key, () => ({ ...call, argumentsText: '' }));
      }
      case 'response.function_call_arguments.delta':
        return [{ kind: 'arguments', text: event.text('delta') ?? '' }];
      case 'response.completed':
      case 'response.incomplete': {
        const response = event.inner('response');
        return response === null || ended ? [] : finish(response);
      }
      case 'response.failed':
      case 'error':
        return [readError(event)];
      default:
        return [];
    }
  };
  return {
    read(data) {
      const event = parseJson(data);
      return event === undefined ? [] : readEvent(new Fields(event, '', new Losses()));
    },
    end: () => (ended ? [] : part.close()),
  };
}

function readText(event: Fields, part: OpenPart): StreamEvent[] {
  const key = `text ${event.number('output_index')} ${event.number('content_index')}`;
  return [...part.open(key, () => textPart('')), { kind: 'text', text: event.text('delta') ?? '' }];
}

function readThought(event: Fields, part: OpenPart): StreamEvent[] {
  const key = `thinking ${event.number('output_index')} ${event.number('summary_index')}`;
  return [
    ...part.open(key, () => ({ kind: 'thinking', text: '', signature: null, isRedacted: false })),
    { kind: 'text', text: event.text('delta') ?? '' },
  ];
}

function readError(event: Fields): StreamEvent {
  const error = event.inner('response')?.inner('error') ?? event.inner('error') ?? event;
  const message = error.text('message') ?? 'The provider broke off its answer.';
  return { kind: 'error', type: error.text('code') ?? 'api_error', message };
}
