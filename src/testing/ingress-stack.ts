// A stack asked from outside: what comes through its ingress to whoever stands in the agent's
// place, and what is left of it in the log.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { WebSocket } from 'ws';
import { inside } from '../plan/paths.ts';
import { eventually } from './ingress-contract/model.ts';
import type { VerifiedStack } from './verified-stack.ts';

/** In the agent's place: says whom it was asked for, and opens WebSockets (RFC 6455, 4.2.2). */
const agent = `
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
createServer((request, response) => response.end(JSON.stringify(request.headers)))
  .on('upgrade', ({ headers }, socket) => {
    const key = headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\n' +
      'Connection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
    socket.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]));
    socket.on('error', () => {});
  }).listen(18789, '127.0.0.1');
`;

/** A request and a WebSocket; the agent is replaced for it. */
export async function comesThrough(stack: VerifiedStack, port: number): Promise<void> {
  await stack.plant('gateway', ({ settings }) => {
    const program = settings.program as Record<string, unknown>;
    const argv = [inside.node, '--input-type=module', '-e', agent];
    return { settings: { ...settings, program: { ...program, argv } } };
  });
  const tls = { host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false };
  const headers = { host: `localhost:${port}`, 'x-forwarded-for': '203.0.113.9' };
  const [answer] = await once(request({ ...tls, headers }).end(), 'response');
  const told = JSON.parse((await answer.setEncoding('utf8').toArray()).join(''));
  assert.equal(answer.statusCode, 200);
  assert.notEqual(told['x-forwarded-for'], headers['x-forwarded-for']);
  const upgrade = { ...tls, headers: { ...headers, origin: `https://localhost:${port}` } };
  const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, upgrade);
  assert.equal(String((await once(socket, 'message'))[0]), 'hello');
  socket.terminate();
  await eventually(async () => {
    const lines: string[] = [];
    const options = { lines: null, follow: false };
    for await (const { text } of stack.driver.logs('ingress', options)) lines.push(text);
    assert.ok(lines.some((text) => text.includes(String(told['x-request-id']))));
  });
}
