// A provider that has one thing done: it asks for one tool call, and once it is given the result it
// says so. Both dialects, streamed, as the real providers write them.

import type { ServerResponse } from 'node:http';
import type { ReceivedRequest, Responder } from './provider.ts';

export interface ToolTurn {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Said after the tool's result came. */
  readonly closing: string;
}

export function toolTurn(turn: ToolTurn): Responder {
  return (request, response) => {
    // By the kind of message: agents write call ids in their own way.
    const done = toolResults([request]).length > 0;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (request.url.startsWith('/v1/messages')) anthropic(turn, done, response);
    else openai(turn, done, response);
    response.end();
  };
}

/** The tool results that the provider was sent, in the words of either dialect. */
export function toolResults(requests: readonly ReceivedRequest[]): readonly string[] {
  return requests.flatMap(({ body }) => {
    const { messages = [] } = JSON.parse(body.toString()) as {
      messages?: readonly { role: string; content: unknown }[];
    };
    const carries = ({ role, content }: { role: string; content: unknown }) =>
      role === 'tool' || JSON.stringify(content ?? '').includes('"tool_result"');
    return messages.filter(carries).map(({ content }) => JSON.stringify(content));
  });
}

function openai(turn: ToolTurn, done: boolean, response: ServerResponse): void {
  const send = (choice: object, more: object = {}) => {
    const chunk = { id: 'c-1', object: 'chat.completion.chunk', created: 1, model: 'real-1' };
    const line = { ...chunk, choices: [{ index: 0, finish_reason: null, ...choice }], ...more };
    response.write(`data: ${JSON.stringify(line)}\n\n`);
  };
  const call = { id: 'call_turn_1', type: 'function', index: 0 };
  const args = JSON.stringify(turn.input);
  if (done) {
    for (const word of turn.closing.split(/(?= )/)) send({ delta: { content: word } });
  } else {
    const named = { ...call, function: { name: turn.tool, arguments: '' } };
    send({ delta: { role: 'assistant', content: null, tool_calls: [named] } });
    for (const half of [args.slice(0, 5), args.slice(5)]) {
      send({ delta: { tool_calls: [{ index: 0, function: { arguments: half } }] } });
    }
  }
  send({ delta: {}, finish_reason: done ? 'stop' : 'tool_calls' });
  const usage = { prompt_tokens: 1_000, completion_tokens: 20, total_tokens: 1_020 };
  const last = { id: 'c-1', object: 'chat.completion.chunk', created: 1, model: 'real-1' };
  response.write(`data: ${JSON.stringify({ ...last, choices: [], usage })}\n\n`);
  response.write('data: [DONE]\n\n');
}

function anthropic(turn: ToolTurn, done: boolean, response: ServerResponse): void {
  const send = (type: string, fields: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  const usage = { input_tokens: 1_000, output_tokens: 1 };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'real-1', content: [] };
  send('message_start', {
    message: { ...message, stop_reason: null, stop_sequence: null, usage },
  });
  const use = { type: 'tool_use', id: 'call_turn_1', name: turn.tool, input: {} };
  send('content_block_start', {
    index: 0,
    content_block: done ? { type: 'text', text: '' } : use,
  });
  const pieces = done
    ? turn.closing.split(/(?= )/).map((text) => ({ type: 'text_delta', text }))
    : [{ type: 'input_json_delta', partial_json: JSON.stringify(turn.input) }];
  for (const delta of pieces) send('content_block_delta', { index: 0, delta });
  send('content_block_stop', { index: 0 });
  send('message_delta', {
    delta: { stop_reason: done ? 'end_turn' : 'tool_use', stop_sequence: null },
    usage: { output_tokens: 20 },
  });
  send('message_stop', {});
}
