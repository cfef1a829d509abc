// The stream of the Responses API, written:
// https://platform.openai.com/docs/api-reference/responses-streaming

import type { Answer, StreamEvent, StreamWriter } from './conversation.ts';
import { responsesCounts, writeCounts } from './openai-words.ts';
import { responseFrame, writeItem, writeResponsesStop } from './responses-answer.ts';

type AnswerPart = Answer['parts'][number];

export function writeResponsesStream(createdSeconds: number): StreamWriter {
  return new ResponsesStream(createdSeconds);
}

class ResponsesStream implements StreamWriter {
  readonly #createdSeconds: number;
  readonly #output: object[] = [];
  #frame: ReturnType<typeof responseFrame>;
  #sequence = -1;
  #open: AnswerPart | null = null;

  constructor(createdSeconds: number) {
    this.#createdSeconds = createdSeconds;
    this.#frame = responseFrame('', '', createdSeconds);
  }

  write(event: StreamEvent): string {
    switch (event.kind) {
      case 'start':
        this.#frame = responseFrame(event.id, event.model, this.#createdSeconds);
        return this.#start();
      case 'open':
        return this.#begin(event.part);
      case 'text':
      case 'arguments':
        return this.#piece(event.text);
      case 'signature':
        if (this.#open?.kind === 'thinking') {
          this.#open = { ...this.#open, signature: (this.#open.signature ?? '') + event.text };
        }
        return '';
      case 'close':
        return this.#close();
      case 'end':
        return this.#end(event);
      case 'error':
        return this.#send('error', { code: event.type, message: event.message, param: null });
    }
  }

  #send(type: string, rest: object): string {
    this.#sequence += 1;
    const data = JSON.stringify({ type, sequence_number: this.#sequence, ...rest });
    return `event: ${type}\ndata: ${data}\n\n`;
  }

  #itemId(): string {
    return `${this.#frame.id}_${this.#output.length}`;
  }

  /** Where in the output it is being written, as every event repeats it. */
  #place(part: AnswerPart): object {
    return {
      item_id: this.#itemId(),
      output_index: this.#output.length,
      ...(part.kind === 'text' ? { content_index: 0 } : {}),
      ...(part.kind === 'thinking' ? { summary_index: 0 } : {}),
    };
  }

  #start(): string {
    const rest = { status: 'in_progress', incomplete_details: null, output: [], usage: null };
    const response = { ...this.#frame, ...rest };
    return (
      this.#send('response.created', { response }) +
      this.#send('response.in_progress', { response })
    );
  }

  #begin(part: AnswerPart): string {
    this.#open = part;
    const item = { ...writeItem(part, this.#itemId()), ...startOf(part) };
    const index = this.#output.length;
    const added = this.#send('response.output_item.added', { output_index: index, item });
    if (part.kind === 'call') return added;
    const fields = { ...this.#place(part), part: partOf(part) };
    return added + this.#send(`${wordsOf(part).part}.added`, fields);
  }

  #piece(text: string): string {
    if (this.#open === null) return '';
    this.#open = grown(this.#open, text);
    const fields = { ...this.#place(this.#open), delta: text };
    return this.#send(`${wordsOf(this.#open).stream}.delta`, fields);
  }

  #close(): string {
    const part = this.#open;
    if (part === null) return '';
    this.#open = null;
    const item = writeItem(part, this.#itemId());
    const place = this.#place(part);
    const { stream, part: partWord } = wordsOf(part);
    const whole =
      part.kind === 'call'
        ? this.#send(`${stream}.done`, { ...place, arguments: part.argumentsText, name: part.name })
        : this.#send(`${stream}.done`, { ...place, text: part.text }) +
          this.#send(`${partWord}.done`, { ...place, part: partOf(part) });
    const output_index = this.#output.length;
    this.#output.push(item);
    return whole + this.#send('response.output_item.done', { output_index, item });
  }

  #end({ stop, counts }: Extract<StreamEvent, { kind: 'end' }>): string {
    const response = {
      ...this.#frame,
      ...writeResponsesStop(stop),
      output: this.#output,
      usage: writeCounts(counts, responsesCounts),
    };
    const isCut = stop === 'length' || stop === 'refusal';
    return this.#send(isCut ? 'response.incomplete' : 'response.completed', { response });
  }
}

function grown(part: AnswerPart, text: string): AnswerPart {
  return part.kind === 'call'
    ? { ...part, argumentsText: part.argumentsText + text }
    : { ...part, text: part.text + text };
}

function startOf({ kind }: AnswerPart): object {
  if (kind === 'thinking') return { summary: [] };
  return kind === 'text' ? { status: 'in_progress', content: [] } : { status: 'in_progress' };
}

function wordsOf({ kind }: AnswerPart): { readonly stream: string; readonly part: string } {
  if (kind === 'call') return { stream: 'response.function_call_arguments', part: '' };
  return kind === 'text'
    ? { stream: 'response.output_text', part: 'response.content_part' }
    : { stream: 'response.reasoning_summary_text', part: 'response.reasoning_summary_part' };
}

function partOf(part: Exclude<AnswerPart, { kind: 'call' }>): object {
  return part.kind === 'text'
    ? { type: 'output_text', text: part.text, annotations: [] }
    : { type: 'summary_text', text: part.text };
}
