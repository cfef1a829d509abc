// Fuzz target: streams of answers, cut anywhere. The splitter loses and adds no byte and finds the
// events that a plain parse of the whole finds; the watcher counts what that parse counts.

import assert from 'node:assert/strict';
import { type SeenUsage, usageOfEvent } from '../../policy/llm-usage.ts';
import { SseSplitter } from '../../roles/llm/sse-split.ts';
import { watchStream } from '../../roles/llm/watch.ts';
import type { FuzzTarget } from './run.ts';
import { tokensOf } from './texts.ts';

const text = 'data: {"choices":[{"index":0,"delta":{"content":"word é"}}],"usage":null}';
const usage = 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}';
const stream = ['event: x', text, '', ': ping', '', text, '', usage, '', 'data: [DONE]', '', ''];

export const modelStreamTarget: FuzzTarget = {
  name: 'model-stream',
  weight: 10,
  seeds: ['\n', '\r\n', '\r'].map((end) => Buffer.from(stream.join(end))),
  tokens: tokensOf('data: event: id: : \n\n \r\n\r\n \r \n { } "usage" "usage":{ null 9 [DONE] :'),
  check(input, below) {
    const cuts = Array.from({ length: below(6) }, () => below(input.length + 1));
    const pieces = cutAt(input, cuts);
    const splitter = new SseSplitter(1_000_000);
    const parts = [...pieces.flatMap((piece) => splitter.push(piece)), splitter.end()];
    assert.deepEqual(Buffer.concat(parts), input);
    const events = plainEvents(input.toString('utf8'));
    const found = parts.slice(0, -1).flatMap((part) => plainEvents(part.toString('utf8')));
    assert.deepEqual(found, events);

    const watch = watchStream('chat', false);
    const sent = [...pieces.flatMap((piece) => watch.push(piece)), ...watch.end()];
    assert.deepEqual(Buffer.concat(sent), input);
    let seen = null as SeenUsage | null;
    for (const data of events) {
      // The last count is that of the whole once the stream has ended as its API says.
      if (data === '[DONE]' && seen !== null) seen = { ...seen, final: true };
      else seen = usageOfEvent('chat', parsed(data), seen);
    }
    assert.deepEqual(watch.seen, seen);
    assert.equal(watch.whole, events.includes('[DONE]'));
    return `${watch.whole ? 'whole' : 'cut short'}, ${seen === null ? 'not counted' : 'counted'}`;
  },
};

function cutAt(input: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts, input.length].sort((a, b) => a - b);
  return places.slice(1).map((end, at) => input.subarray(places[at], end));
}

/** The data of each whole event: WHATWG HTML, section 9.2.6, over a text that is all there. */
function plainEvents(all: string): string[] {
  const events: string[] = [];
  let data: string[] = [];
  const lines = all.split(/\r\n|\r|\n/);
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      if (data.length > 0) events.push(data.join('\n'));
      data = [];
    } else if (/^data(?::|$)/.test(line)) {
      data.push(line.slice('data:'.length).replace(/^ /, ''));
    }
  }
  return events;
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
