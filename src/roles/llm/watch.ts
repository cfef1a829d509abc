// Watches an answer go by: counts its tokens as the provider reports them and says whether it was
// complete. What is sent on is the provider's bytes, less OpenAI's extra chunk where the client
// did not ask for it.

import { createParser } from 'eventsource-parser';
import type { Api } from '../../policy/llm-api.ts';
import {
  isLast,
  isUsageChunk,
  responseIdOf,
  type SeenUsage,
  usageOfAnswer,
  usageOfEvent,
} from '../../policy/llm-usage.ts';
import { SseSplitter } from './sse-split.ts';

export interface Watch {
  /** What to send on of this chunk. */
  push(chunk: Buffer): readonly Buffer[];
  /** What is left to send on when the provider has ended its answer. */
  end(): readonly Buffer[];
  readonly seen: SeenUsage | null;
  /** Whether the answer came to the end its dialect gives it. Known after end(). */
  readonly whole: boolean;
  /** By which a later request may go on from this answer; null where there is none. */
  readonly responseId: string | null;
}

/** An event with a count is a few hundred bytes; text comes in small ones. */
const eventBytesMax = 1024 * 1024;

/** For an answer in one piece; beyond `bytesMax` it is sent on but not counted. */
export class AnswerWatch implements Watch {
  readonly #api: Api;
  readonly #bytesMax: number;
  #parts: Buffer[] | null = [];
  #bytes = 0;
  seen: SeenUsage | null = null;
  whole = false;
  responseId: string | null = null;

  constructor(api: Api, bytesMax: number) {
    this.#api = api;
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): readonly Buffer[] {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) this.#parts = null;
    this.#parts?.push(chunk);
    return [chunk];
  }

  end(): readonly Buffer[] {
    const parts = this.#parts ?? [];
    const [only] = parts;
    const body = only !== undefined && parts.length === 1 ? only : Buffer.concat(parts);
    const answer = parseJson(body.toString('utf8'));
    this.seen = usageOfAnswer(this.#api, answer);
    this.responseId = responseIdOf(this.#api, answer);
    this.whole = answer !== undefined || this.#parts === null;
    return [];
  }
}

export function watchStream(api: Api, dropUsageChunk: boolean): Watch {
  const splitter = new SseSplitter(eventBytesMax);
  let seen: SeenUsage | null = null;
  let whole = false;
  let drop = false;
  let responseId: string | null = null;
  let textBytes = 0;
  const parser = createParser({
    onEvent({ data }) {
      const event = parseJson(data);
      seen = usageOfEvent(api, event, seen);
      if (data === '[DONE]') {
        whole = true;
        // What was counted last is then the count of the whole.
        if (seen !== null && api !== 'messages') seen = { ...seen, final: true };
      }
      responseId ??= responseIdOf(api, event);
      if (isLast(api, event)) whole = true;
      drop = dropUsageChunk && isUsageChunk(event);
    },
  });
  const read = (event: Buffer): boolean => {
    drop = false;
    // Most events are text; only those that can matter are parsed.
    if (worthParsing(api, event)) parser.feed(event.toString('utf8'));
    return !drop;
  };
  const isKept = (events: readonly Buffer[], chunk: Buffer): Buffer[] => {
    // A mark that was cut in two stands in the first event, which began in an earlier chunk.
    if (worthParsing(api, chunk)) return events.filter(read);
    return events.filter((event, at) => at > 0 || read(event));
  };
  return {
    push(chunk) {
      const events = splitter.push(chunk);
      if (api === 'messages') {
        textBytes += chunk.length;
        for (const { length } of events) textBytes -= Math.min(length, textEventBytes);
      }
      const kept = isKept(events, chunk);
      if (!dropUsageChunk) return [chunk];
      return kept.length > 1 ? [Buffer.concat(kept)] : kept;
    },
    end() {
      const rest = splitter.end();
      return dropUsageChunk && rest.length > 0 ? [rest] : [];
    },
    get seen() {
      if (splitter.overflowed) return null;
      return seen === null || seen.final || api !== 'messages' ? seen : { ...seen, textBytes };
    },
    get whole() {
      return whole;
    },
    get responseId() {
      return responseId;
    },
  };
}

/** Of an event of the Messages API that carries text, as much is not text at least. */
const textEventBytes = 'data: {"type":"content_block_delta","delta":{"text":""}}\n\n'.length;

const usageMark = Buffer.from('"usage');
const nullCount = Buffer.from('":null');
const doneMark = Buffer.from('[DONE]');
const otherMarks: Partial<Readonly<Record<Api, Buffer>>> = {
  messages: Buffer.from('message_stop'),
  responses: Buffer.from('response.created'),
  generate: Buffer.from('finishReason'),
};

function worthParsing(api: Api, bytes: Buffer): boolean {
  const isOpenai = api === 'chat' || api === 'completions';
  for (let at = bytes.indexOf(usageMark); at >= 0; at = bytes.indexOf(usageMark, at + 1)) {
    const after = at + usageMark.length;
    // There, every chunk says that it has no count, but the last.
    const isNull = bytes.subarray(after, after + nullCount.length).equals(nullCount);
    if (!isOpenai || !isNull) return true;
  }
  return bytes.includes(otherMarks[api] ?? doneMark);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
