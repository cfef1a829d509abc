// The client: keep-alive connections that ask one after the other, each answer read to its end.

import { Agent, request as openRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** As long as real ones are: shorter secrets are not looked for in what is asked. */
export const benchKey = 'sk-clincher-bench-0123456789abcdefghijklmnop';

/** What the provider sends of text in a stream, before its end. */
export const eventsAStream = 40;

export interface Target {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Kind {
  readonly name: string;
  readonly body: Buffer;
  readonly stream: boolean;
}

/**
 * A conversation of `bytes` bytes, in turns of about a kilobyte, as an agent sends it. With
 * `paceMs` the provider sends an event of its stream at each beat.
 */
export function kindOf(name: string, bytes: number, stream: boolean, paceMs?: number): Kind {
  const said = 'some words, "quotes" and é\n of a message '.repeat(20);
  const messages: object[] = [];
  for (let size = 0; size < bytes; size += said.length + 40) {
    messages.push({ role: messages.length % 2 === 0 ? 'user' : 'assistant', content: said });
  }
  if (bytes < 1_000) messages.splice(0, messages.length, { role: 'user', content: 'hello' });
  const user = paceMs === undefined ? {} : { user: `pace-${paceMs}` };
  const body = { model: 'bench', stream, max_tokens: 64, ...user, messages };
  return { name, body: Buffer.from(JSON.stringify(body)), stream };
}

export interface Times {
  readonly seconds: number;
  /** Of each whole answer and to its first byte, in milliseconds, ascending. */
  readonly totalMs: readonly number[];
  readonly firstByteMs: readonly number[];
}

/**
 * `count` requests, `atOnce` at a time, the first of which begin `apartMs` after one another.
 * Rejects at the first answer that is not a 200.
 */
export async function ask(
  target: Target,
  kind: Kind,
  count: number,
  atOnce: number,
  apartMs = 0,
): Promise<Times> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const totalMs: number[] = [];
  const firstByteMs: number[] = [];
  let begun = 0;
  const startedMs = performance.now();
  const worker = async (_: unknown, index: number) => {
    if (apartMs > 0) await sleep(index * apartMs);
    while (begun < count) {
      begun += 1;
      const fromMs = performance.now();
      firstByteMs.push((await askOnce(target, kind, agent)) - fromMs);
      totalMs.push(performance.now() - fromMs);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - startedMs) / 1_000;
  agent.destroy();
  const ascending = (list: number[]) => list.sort((a, b) => a - b);
  return { seconds, totalMs: ascending(totalMs), firstByteMs: ascending(firstByteMs) };
}

/** Resolves to the time of the first byte, once the answer is whole. */
function askOnce(target: Target, kind: Kind, agent: Agent): Promise<number> {
  const { name, body } = kind;
  const { port, path, headers } = target;
  return new Promise((resolve, reject) => {
    const request = openRequest({
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        authorization: `Bearer ${benchKey}`,
        ...headers,
      },
    });
    request.setNoDelay(true);
    request.once('error', (error: NodeJS.ErrnoException) => {
      // A server may close a connection that was idle just when it is used again.
      if (!request.reusedSocket || error.code !== 'ECONNRESET') return reject(error);
      askOnce(target, kind, agent).then(resolve, reject);
    });
    request.once('response', (response) => {
      let firstMs = 0;
      let text = '';
      response.on('data', (bytes: Buffer) => {
        if (firstMs === 0) firstMs = performance.now();
        if (response.statusCode !== 200) text += bytes.toString('utf8', 0, 500);
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(firstMs);
        else reject(new Error(`${port} answered ${response.statusCode} to ${name}: ${text}`));
      });
    });
    request.end(body);
  });
}
