// Answers of the Responses API, whole: read from the provider, written for the client.

import type { Answer, CallPart, Stop } from './conversation.ts';
import { Fields } from './fields.ts';
import { Losses } from './losses.ts';
import { readCounts, responsesCounts, writeCounts } from './openai-words.ts';
import { textPart } from './parts.ts';
import { sealThought } from './sealed-thought.ts';

type AnswerPart = Answer['parts'][number];

export function readResponsesAnswer(body: unknown): Answer {
  const fields = new Fields(body, '', new Losses());
  const parts = fields.each('output').flatMap(readItem);
  return {
    id: fields.text('id') ?? '',
    model: fields.text('model') ?? '',
    parts,
    stop: readResponsesStop(
      fields,
      parts.some(({ kind }) => kind === 'call'),
    ),
    stopSequence: null,
    counts: readCounts(fields.value('usage'), responsesCounts),
  };
}

export function readResponsesStop(response: Fields, called: boolean): Stop {
  if (response.text('status') === 'incomplete') {
    const reason = response.inner('incomplete_details')?.text('reason');
    return reason === 'content_filter' ? 'refusal' : 'length';
  }
  return called ? 'calls' : 'end';
}

function readItem(item: Fields): AnswerPart[] {
  switch (item.text('type')) {
    case 'message':
      return item
        .each('content')
        .map((block) => textPart(block.text('text') ?? block.text('refusal') ?? ''));
    case 'reasoning': {
      const text = item
        .each('summary')
        .map((summary) => summary.text('text') ?? '')
        .join('\n');
      // What is encrypted there is of use to them alone, and they are asked to keep nothing.
      return text === '' ? [] : [{ kind: 'thinking', text, signature: null, isRedacted: false }];
    }
    case 'function_call':
      return [readResponsesCall(item)];
    default:
      return [];
  }
}

export function readResponsesCall(item: Fields): CallPart {
  return {
    kind: 'call',
    id: item.text('call_id') ?? '',
    name: item.text('name') ?? '',
    argumentsText: item.text('arguments') ?? '',
    signature: null,
    cache: null,
  };
}

/** Everything a client's library expects to be there, also where it says nothing here. */
export function responseFrame(id: string, model: string, createdSeconds: number) {
  return {
    id: id.startsWith('resp_') ? id : `resp_${id}`,
    object: 'response',
    created_at: createdSeconds,
    model,
    error: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: null,
    top_p: null,
    tool_choice: 'auto',
    tools: [],
  };
}

export function writeResponsesAnswer(
  answer: Answer,
  createdSeconds: number,
): Record<string, unknown> {
  const frame = responseFrame(answer.id, answer.model, createdSeconds);
  return {
    ...frame,
    ...writeResponsesStop(answer.stop),
    output: answer.parts.map((part, index) => writeItem(part, `${frame.id}_${index}`)),
    usage: writeCounts(answer.counts, responsesCounts),
  };
}

export function writeResponsesStop(stop: Stop): object {
  if (stop === 'length') {
    return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  }
  if (stop === 'refusal') {
    return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
  }
  return { status: 'completed', incomplete_details: null };
}

/** One item of the output, as it is when it is whole. */
export function writeItem(part: AnswerPart, itemId: string): object {
  switch (part.kind) {
    case 'text':
      return {
        type: 'message',
        id: itemId,
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: part.text, annotations: [] }],
      };
    case 'thinking': {
      const summary = part.text === '' ? [] : [{ type: 'summary_text', text: part.text }];
      return { type: 'reasoning', id: itemId, summary, encrypted_content: sealThought(part) };
    }
    case 'call': {
      const { id, name, argumentsText } = part;
      return {
        type: 'function_call',
        id: itemId,
        call_id: id,
        name,
        arguments: argumentsText,
        status: 'completed',
      };
    }
  }
}
