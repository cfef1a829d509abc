// A provider that has one thing done: it asks for one tool call, and once it is given the result it
// says so. In each API that the agent speaks, streamed, as the real providers write them.

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
    else if (request.url.startsWith('/v1/responses')) responses(turn, done, response);
    else openai(turn, done, response);
    response.end();
  };
}

/** The tool results that the provider was sent, in the words of each API. */
export function toolResults(requests: readonly ReceivedRequest[]): readonly string[] {
  return requests.flatMap(({ body }) => {
    const { messages = [], input = [] } = JSON.parse(body.toString()) as {
      messages?: readonly { role: string; content: unknown }[];
      input?: readonly { type?: string; output?: unknown }[];
    };
    const outputs = input.filter(({ type }) => type === 'function_call_output');
    const carries = ({ role, content }: { role: string; content: unknown }) =>
      role === 'tool' || JSON.stringify(content ?? '').includes('"tool_result"');
    const results = messages.filter(carries).map(({ content }) => content);
    return [...results, ...outputs.map(({ output }) => output)].map((one) => JSON.stringify(one));
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

function responses(turn: ToolTurn, done: boolean, response: ServerResponse): void {
  let sequence = 0;
  const send = (type: string, fields: object) => {
    const event = { type, sequence_number: sequence, ...fields };
    sequence += 1;
    response.write(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  const made = { id: 'resp_1', object: 'response', created_at: 1, model: 'real-1', output: [] };
  send('response.created', { response: { ...made, status: 'in_progress' } });
  const part = { type: 'output_text', text: turn.closing, annotations: [] };
  const args = JSON.stringify(turn.input);
  const item = done
    ? { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [part] }
    : {
        ...{ id: 'fc_1', type: 'function_call', call_id: 'call_turn_1', name: turn.tool },
        ...{ arguments: args, status: 'completed' },
      };
  const at = { output_index: 0, item_id: item.id };
  const begun = done ? { content: [] } : { arguments: '' };
  send('response.output_item.added', {
    ...{ output_index: 0, item: { ...item, ...begun, status: 'in_progress' } },
  });
  if (done) {
    const place = { ...at, content_index: 0 };
    send('response.content_part.added', { ...place, part: { ...part, text: '' } });
    for (const delta of turn.closing.split(/(?= )/)) {
      send('response.output_text.delta', { ...place, delta });
    }
    send('response.output_text.done', { ...place, text: turn.closing });
    send('response.content_part.done', { ...place, part });
  } else {
    send('response.function_call_arguments.delta', { ...at, delta: args });
    send('response.function_call_arguments.done', { ...at, arguments: args });
  }
  send('response.output_item.done', { output_index: 0, item });
  const usage = { input_tokens: 1_000, output_tokens: 20, total_tokens: 1_020 };
  send('response.completed', {
    response: { ...made, status: 'completed', output: [item], usage },
  });
}
