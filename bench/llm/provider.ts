// The provider that all contenders ask: OpenAI's chat completions with a canned answer, buffered or
// streamed. It reads no more of a request than it must, so that it is never what is measured.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { eventsAStream } from './load.ts';

const usage = { prompt_tokens: 1_000, completion_tokens: 40, total_tokens: 1_040 };
const frame = { id: 'chatcmpl-bench', created: 1_700_000_000, model: 'bench' };
const message = { role: 'assistant', content: 'word '.repeat(40) };
const whole = Buffer.from(
  JSON.stringify({
    ...frame,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  }),
);
const chunk = (more: object) =>
  `data: ${JSON.stringify({ ...frame, object: 'chat.completion.chunk', ...more })}\n\n`;
const piece = Buffer.from(chunk({ choices: [{ index: 0, delta: { content: 'word ' } }] }));
const last = Buffer.from(
  `${chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}` +
    `${chunk({ choices: [], usage })}data: [DONE]\n\n`,
);

const server = createServer((request, response) => {
  let head = '';
  // Whether it is to be streamed stands near the start or the end of a body.
  request.on('data', (bytes: Buffer) => {
    if (head.length < 4_096) head += bytes.toString('latin1', 0, 4_096);
  });
  request.once('end', () => answer(request, response, head));
});

function answer(request: IncomingMessage, response: ServerResponse, head: string): void {
  if (request.method !== 'POST') {
    response.end('{"object":"list","data":[]}');
  } else if (head.includes('"stream":true')) {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    stream(response, eventsAStream, /"user":"pace-(\d+)"/.exec(head)?.[1]);
  } else {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': whole.length,
    });
    response.end(whole);
  }
}

/** All at once, or one event at each beat. */
function stream(response: ServerResponse, left: number, paceMs: string | undefined): void {
  if (paceMs === undefined) {
    for (let sent = 0; sent < left; sent += 1) response.write(piece);
    response.end(last);
    return;
  }
  let sent = 0;
  const beat = setInterval(() => {
    sent += 1;
    if (sent <= left) response.write(piece);
    else {
      clearInterval(beat);
      response.end(last);
    }
  }, Number(paceMs));
  response.once('close', () => clearInterval(beat));
}

server.keepAliveTimeout = 60_000;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(JSON.stringify({ port: address?.port }));
});
