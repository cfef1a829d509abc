// One turn with the real agent over its HTTP API, as a program has it.

import { request } from 'node:https';
import type { AgentStack } from './agent-stack.ts';
import { type ToolTurn, toolResults, toolTurn } from './tool-turn.ts';

/**
 * The model asks for this one tool call; gives what the agent told the model of its result.
 * @throws Error with the agent's answer when the turn did not end well
 */
export async function toolResultOf(stack: AgentStack, turn: ToolTurn): Promise<string> {
  const before = stack.provider.requests.length;
  stack.provider.respond = toolTurn(turn);
  const { status, body } = await askAgent(stack);
  if (status !== 200 || !body.includes(turn.closing)) throw new Error(`${status}: ${body}`);
  const results = toolResults(stack.provider.requests.slice(before));
  return (results.at(-1) ?? '').replaceAll('\\n', '\n');
}

export interface AgentAsk {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stream?: boolean;
}

export interface AgentAnswer {
  readonly status: number;
  readonly body: string;
  /** In how many pieces it came. */
  readonly chunks: number;
}

/** Each is a conversation of its own. */
export async function askAgent(
  stack: AgentStack,
  content = 'Do the one thing and tell me when it is done.',
  ask: AgentAsk = {},
): Promise<AgentAnswer> {
  const [ca, token] = [await stack.ca(), ask.token ?? (await stack.token())];
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const messages = [{ role: 'user', content }];
  const { promise, resolve, reject } = Promise.withResolvers<AgentAnswer>();
  const sent = request(
    `${stack.origin}/v1/chat/completions`,
    { method: 'POST', ca, agent: false, headers: { ...headers, ...ask.headers } },
    (response) => {
      let body = '';
      let chunks = 0;
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
        chunks += 1;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, chunks }));
      response.on('error', reject);
    },
  );
  sent.on('error', reject);
  sent.end(JSON.stringify({ model: 'openclaw', messages, stream: ask.stream ?? false }));
  return promise;
}
