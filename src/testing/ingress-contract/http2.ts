// The ingress over HTTP/2, with Node's own client.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { WebSocketServer } from 'ws';
import { http2Client } from '../http2-wire.ts';
import type { TestIngress } from '../ingress.ts';
import { fakeUpstream } from '../wire.ts';
import { eventually, gateway, halfAnswer, type IngressCase, metrics, recorded } from './model.ts';

const dial = (ingress: TestIngress) => http2Client(ingress.tls, ingress.origin);

export const http2Cases: readonly IngressCase[] = [
  {
    property: 'http2',
    name: 'a request over HTTP/2 goes on as one of HTTP/1.1, told anew who it comes from',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`, 'answer', {
        'set-cookie': ['a=1', 'b=2'],
        connection: 'close',
      });
      await using client = await dial(ingress);
      const answer = await client.ask(
        {
          ':path': '/v1/chat?x=1',
          ':method': 'POST',
          cookie: ['c=3', 'd=4'],
          'x-forwarded-for': '127.0.0.1',
          'x-real-ip': '127.0.0.1',
          forwarded: 'for=127.0.0.1',
        },
        'question',
      );
      assert.deepEqual([answer.status, answer.body], [200, 'answer']);
      assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
      assert.equal(upstream.seen[0]?.body, 'question');
      assert.equal(upstream.seen[0]?.url, '/v1/chat?x=1');
      assert.equal(upstream.header('cookie'), 'c=3; d=4');
      assert.equal(upstream.header('host'), `localhost:${ingress.port}`);
      const names = upstream.seen[0]?.rawHeaders.filter((_, index) => index % 2 === 0) ?? [];
      assert.deepEqual(
        names
          .map((name) => name.toLowerCase())
          .filter((name) => /forward|real|^:/.test(name))
          .sort(),
        ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
      );
      assert.equal(upstream.header('x-forwarded-for'), '192.0.2.1');
      const [record] = await recorded(ingress, 1);
      assert.deepEqual([record?.http, record?.path], ['2.0', '/v1/chat']);
      assert.equal(record?.requestId, answer.headers['x-request-id']);
    },
  },
  {
    property: 'http2',
    name: 'many requests share a connection, and a refused one does not end it',
    async run(start) {
      await using ingress = await start([gateway, metrics]);
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
      await using client = await dial(ingress);
      const all = [
        { ':path': '/' },
        { ':path': '/metrics' },
        { ':path': '/', ':authority': 'evil.example' },
      ];
      const answers = await Promise.all(all.map((headers) => client.ask(headers)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 401, 421],
      );
      assert.equal(answers[2]?.headers['x-clincher-reason'], 'host-unknown');
      assert.equal((await client.ask({ ':path': '/' })).status, 200);
    },
  },
  {
    property: 'starting-page',
    name: 'a person sees the page over HTTP/2, too, and protections are added',
    async run(start) {
      await using ingress = await start([gateway]);
      await using client = await dial(ingress);
      const page = await client.ask({ ':path': '/', accept: 'text/html' });
      assert.equal(page.status, 503);
      assert.match(page.body, /<p role="status">The gateway is not answering yet/);
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const { headers } = await client.ask({ ':path': '/' });
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(String(headers['content-security-policy']), /form-action 'self'/);
    },
  },
  {
    property: 'answer-breaks-off',
    name: 'over HTTP/2 an answer that breaks off is a broken stream',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const breakOff = halfAnswer(upstream.server);
      await using client = await dial(ingress);
      await assert.rejects(client.ask({ ':path': '/' }, undefined, breakOff), {
        code: 'ERR_HTTP2_STREAM_ERROR',
      });
    },
  },
  {
    property: 'client-gone',
    name: 'a client that leaves is not waited for, nor is the service behind',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      upstream.server.removeAllListeners('request');
      await using client = await dial(ingress);
      const left = new Promise<void>((resolve) => {
        upstream.server.once('request', (_, response) => response.once('close', resolve));
      });
      const stream = client.session.request({ ':path': '/' });
      stream.on('error', () => {});
      await once(upstream.server, 'request');
      stream.close(8);
      let isLeft = false;
      void left.then(() => {
        isLeft = true;
      });
      await eventually(() => assert.ok(isLeft), 5_000);
      assert.deepEqual((await recorded(ingress, 1))[0]?.reason, 'client-gone');
    },
  },
  {
    property: 'websocket-http2',
    name: 'a WebSocket opens over HTTP/2, carries both ways, and is recorded',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const sockets = new WebSocketServer({ server: upstream.server });
      const forwarded: unknown[] = [];
      sockets.on('connection', (socket, request) => {
        forwarded.push(request.headers['x-forwarded-for'], request.method);
        socket.on('message', (data) => socket.send(`echo ${data}`));
      });
      await using client = await dial(ingress);
      const stream = upgrade(client, ingress.origin, { 'sec-websocket-key': 'mine' });
      const [headers] = await once(stream, 'response');
      assert.equal(headers[':status'], 200);
      assert.equal(headers['sec-websocket-accept'], undefined);
      // One masked text frame of two bytes, with a mask of zeros (RFC 6455, 5.2).
      stream.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
      const [data] = await once(stream, 'data');
      assert.equal(data.subarray(2).toString(), 'echo hi');
      assert.deepEqual(forwarded, ['192.0.2.1', 'GET']);
      stream.end();
      stream.resume();
      await once(stream, 'close');
      const [record] = await recorded(ingress, 1);
      assert.deepEqual([record?.websocket, record?.status, record?.http], [true, 101, '2.0']);
      sockets.close();
    },
  },
  {
    property: 'websocket-http2',
    name: 'a WebSocket over HTTP/2 is refused to other origins, and with the service’s own answer',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      upstream.server.on('upgrade', (_, socket) => {
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nnot you');
      });
      await using client = await dial(ingress);
      const foreign = upgrade(client, 'https://evil.example');
      const [refused] = await once(foreign, 'response');
      assert.deepEqual([refused[':status'], refused['x-clincher-reason']], [403, 'origin-foreign']);
      foreign.close();
      const stream = upgrade(client, ingress.origin);
      const [answered] = await once(stream, 'response');
      assert.equal(answered[':status'], 403);
      let body = '';
      for await (const chunk of stream) body += chunk;
      assert.equal(body, 'not you');
    },
  },
];

function upgrade(
  client: Awaited<ReturnType<typeof dial>>,
  origin: string,
  more: Readonly<Record<string, string>> = {},
): ClientHttp2Stream {
  return client.session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/ws',
    'sec-websocket-version': '13',
    origin,
    ...more,
  });
}
