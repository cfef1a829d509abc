// One HTTP exchange of the demonstration provider, in either dialect. Also what the tests'
// provider speaks.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { anthropicAnswer, anthropicEvents } from './anthropic.ts';
import { readConversation } from './conversation.ts';
import { openaiAnswer, openaiEvents } from './openai.ts';
import { replyTo } from './reply.ts';

export interface DemoAnswer {
  readonly status: number;
  /** Inputs and outputs in its own tokens; 0 where it refused. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface DemoPace {
  readonly now: number;
  /** Between two events of a stream, so that a person sees it stream. */
  readonly eventPauseMs: number;
}

/**
 * `body` is the whole request; the response is ended. Never rejects: a client may leave at any
 * time.
 */
export async function answerDemo(
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  { now, eventPauseMs }: DemoPace,
): Promise<DemoAnswer> {
  const path = (request.url ?? '').split('?')[0];
  const dialect = path === '/v1/messages' ? 'anthropic' : 'openai';
  const isKnown = path === '/v1/messages' || path === '/v1/chat/completions';
  if (request.method !== 'POST' || !isKnown) return refuse(response, dialect, 404, 'Not found.');
  const conversation = readConversation(dialect, parse(body));
  if (conversation === null) {
    const message = 'The request needs a `model` and `messages`.';
    return refuse(response, dialect, 400, message);
  }
  const reply = replyTo(conversation);
  const id = createHash('sha256').update(body).digest('hex').slice(0, 24);
  const ids = { id, createdSeconds: Math.floor(now / 1000) };
  const { inputTokens, outputTokens } = reply;
  const done = { status: 200, inputTokens, outputTokens };
  if (!conversation.stream) {
    const answer =
      dialect === 'openai'
        ? openaiAnswer(conversation, reply, ids)
        : anthropicAnswer(conversation, reply, id);
    sendJson(response, 200, answer);
    return done;
  }
  const events =
    dialect === 'openai'
      ? openaiEvents(conversation, reply, ids).map((data) => `data: ${data}\n\n`)
      : anthropicEvents(conversation, reply, id).map(
          (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
        );
  await sendEvents(response, events, eventPauseMs);
  return done;
}

async function sendEvents(
  response: ServerResponse,
  events: readonly string[],
  eventPauseMs: number,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  try {
    for (const event of events) {
      const isRoom = response.write(event);
      if (!isRoom) await once(response, 'drain', { signal: left.signal });
      if (eventPauseMs > 0) await pause(eventPauseMs, undefined, { signal: left.signal });
    }
    response.end();
  } catch {
    response.destroy();
  }
}

function refuse(
  response: ServerResponse,
  dialect: 'anthropic' | 'openai',
  status: number,
  message: string,
): DemoAnswer {
  const type = status === 404 ? 'not_found_error' : 'invalid_request_error';
  const error = { type, message: `clincher demo: ${message}` };
  sendJson(response, status, dialect === 'anthropic' ? { type: 'error', error } : { error });
  return { status, inputTokens: 0, outputTokens: 0 };
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  const length = Buffer.byteLength(text);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
  response.end(text);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
