// WebSockets through the ingress, with a real client and a real server.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket, { WebSocketServer } from 'ws';
import type { TestIngress } from '../ingress.ts';
import { fakeUpstream } from '../wire.ts';
import { gateway, type IngressCase, metrics, recorded } from './model.ts';

export function dialWebSocket(
  ingress: TestIngress,
  path = '/ws',
  origin = ingress.origin,
): WebSocket {
  return new WebSocket(`wss://localhost:${ingress.port}${path}`, { ca: ingress.ca, origin });
}

async function refused(client: WebSocket) {
  client.on('error', () => {});
  const [, response] = await once(client, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

export const webSocketCases: readonly IngressCase[] = [
  {
    property: 'websocket',
    name: 'a WebSocket opens, carries both ways, closes, and is recorded',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const sockets = new WebSocketServer({ server: upstream.server });
      const forwarded: unknown[] = [];
      sockets.on('connection', (socket, request) => {
        forwarded.push(request.headers['x-forwarded-for']);
        socket.on('message', (data) => socket.send(`echo ${data}`));
      });
      const client = dialWebSocket(ingress);
      await once(client, 'open');
      client.send('x'.repeat(100_000));
      const [message] = await once(client, 'message');
      assert.equal(String(message).length, 100_005);
      client.close();
      await once(client, 'close');
      const [record] = await recorded(ingress, 1);
      assert.deepEqual([record?.websocket, record?.status], [true, 101]);
      assert.deepEqual(forwarded, ['192.0.2.1']);
      sockets.close();
    },
  },
  {
    property: 'websocket-bytes',
    name: 'the bytes of a WebSocket are in its record, under the id that the service saw',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const sockets = new WebSocketServer({ server: upstream.server });
      let seenId: unknown = '';
      sockets.on('connection', (socket, request) => {
        seenId = request.headers['x-request-id'];
        socket.send('x'.repeat(100_000));
      });
      const client = dialWebSocket(ingress);
      await once(client, 'message');
      client.close();
      await once(client, 'close');
      const [record] = await recorded(ingress, 1);
      sockets.close();
      assert.ok(Number(record?.bytesOut) > 100_000);
      assert.equal(record?.requestId, seenId);
    },
  },
  {
    property: 'websocket',
    name: 'a refusal by the service reaches the client with its body',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      upstream.server.on('upgrade', (_, socket) => {
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nnot you');
      });
      const { status, body } = await refused(dialWebSocket(ingress));
      assert.deepEqual([status, body], [403, 'not you']);
      assert.equal((await recorded(ingress, 1))[0]?.status, 403);
    },
  },
  {
    property: 'websocket-origin',
    name: 'a page of another origin cannot open one',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const sockets = new WebSocketServer({ server: upstream.server });
      const { status, headers } = await refused(
        dialWebSocket(ingress, '/ws', 'https://evil.example'),
      );
      assert.deepEqual([status, headers['x-clincher-reason']], [403, 'origin-foreign']);
      assert.equal(sockets.clients.size, 0);
      sockets.close();
    },
  },
  {
    property: 'websocket',
    name: 'a WebSocket to a service that is not there is answered',
    async run(start) {
      await using ingress = await start([gateway]);
      assert.equal((await refused(dialWebSocket(ingress))).status, 503);
    },
  },
  {
    property: 'websocket',
    name: 'a WebSocket is no way around the token of a route, nor where a service has none',
    async run(start) {
      await using ingress = await start([gateway, metrics]);
      await using numbers = await fakeUpstream(`${ingress.folder}/mx`);
      assert.equal((await refused(dialWebSocket(ingress, '/metrics'))).status, 401);
      await using plain = await fakeUpstream(`${ingress.folder}/gw`, 'just a page');
      const { status, body } = await refused(dialWebSocket(ingress));
      // The service took it for a request, and what comes after is no tunnel.
      assert.deepEqual([status, body], [200, 'just a page']);
      assert.deepEqual([numbers.seen.length, plain.seen.length], [0, 1]);
    },
  },
  {
    property: 'websocket-idle',
    name: 'a WebSocket on which nothing moves is closed after the idle limit',
    async run(start) {
      await using ingress = await start([gateway], { limits: { idleTimeoutMs: 300 } });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const sockets = new WebSocketServer({ server: upstream.server });
      const client = dialWebSocket(ingress);
      await once(client, 'open');
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new Error('it stays open')), 5_000);
      await Promise.race([once(client, 'close'), late]).finally(() => {
        clearTimeout(timer);
        client.terminate();
        sockets.close();
      });
      assert.equal((await recorded(ingress, 1))[0]?.status, 101);
    },
  },
];
