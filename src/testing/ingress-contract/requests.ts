// Requests as people and programs make them: what reaches the service, what comes back, what is
// left in the log.

import assert from 'node:assert/strict';
import { dialTls, fakeUpstream } from '../wire.ts';
import { gateway, halfAnswer, type IngressCase, metrics, recorded, talk } from './model.ts';

export const requestCases: readonly IngressCase[] = [
  {
    property: 'http1',
    name: 'a request goes through with its body and comes back with its id',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`, 'answer', {
        'set-cookie': ['a=1', 'b=2'],
      });
      const answer = await ingress.ask('/v1/chat%2F?x=1', { method: 'POST', body: 'question' });
      assert.equal(answer.status, 200);
      assert.equal(answer.body, 'answer');
      assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
      assert.equal(upstream.seen[0]?.body, 'question');
      assert.equal(upstream.seen[0]?.url, '/v1/chat%2F?x=1');
      assert.equal(upstream.header('x-request-id'), answer.headers['x-request-id']);
    },
  },
  {
    property: 'access-log',
    name: 'each request leaves a record under its id, without its query and its headers',
    async run(start) {
      await using ingress = await start([gateway]);
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const headers = { authorization: 'Bearer SECRET', cookie: 'a=SECRET', 'x-api-key': 'SECRET' };
      const answer = await ingress.ask('/v1/chat?token=SECRET', { headers });
      await ingress.ask('/v1/chat?token=SECRET', { headers: { ...headers, host: 'evil.example' } });
      const [record, refused] = await recorded(ingress, 2);
      assert.equal(record?.requestId, answer.headers['x-request-id']);
      assert.deepEqual([record?.verdict, record?.reason], ['allow', 'allowed']);
      assert.deepEqual([record?.service, record?.to, record?.status], ['ingress', 'gateway', 200]);
      assert.deepEqual([record?.method, record?.path, record?.http], ['GET', '/v1/chat', '1.1']);
      assert.equal(record?.address, '127.0.0.1');
      assert.deepEqual([refused?.verdict, refused?.reason], ['deny', 'host-unknown']);
      assert.doesNotMatch(JSON.stringify(ingress.telemetry.lines()), /SECRET/);
    },
  },
  {
    property: 'claims',
    name: 'what a client says about itself is overwritten before the service sees it',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      await ingress.ask('/', {
        headers: {
          'x-forwarded-for': '127.0.0.1, ::1:80',
          'x-forwarded-proto': 'http',
          'x-forwarded-user': 'root',
          'x-forwarded-host': 'evil.example',
          forwarded: 'for="[::1]:80"',
          'x-real-ip': '127.0.0.1',
          'cf-connecting-ip': '127.0.0.1',
          'tailscale-user-login': 'root',
          'x-openclaw-scopes': 'admin',
          'x-request-id': 'mine',
          via: '1.1 mine',
          'x-kept': 'yes',
          connection: 'x-forwarded-for, x-request-id, x-forwarded-host, close',
        },
      });
      const raw = upstream.seen[0]?.rawHeaders ?? [];
      const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
      assert.deepEqual(
        names
          .filter((name) => !['connection', 'accept-encoding', 'user-agent'].includes(name))
          .sort(),
        [
          'host',
          'x-forwarded-for',
          'x-forwarded-host',
          'x-forwarded-proto',
          'x-kept',
          'x-request-id',
        ],
      );
      assert.equal(upstream.header('x-forwarded-for'), '192.0.2.1');
      assert.equal(upstream.header('x-forwarded-proto'), 'https');
      assert.equal(upstream.header('x-forwarded-host'), `localhost:${ingress.port}`);
      assert.notEqual(upstream.header('x-request-id'), 'mine');
    },
  },
  {
    property: 'claims-underscore',
    name: 'a claim written with an underscore does not reach the service',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      await ingress.ask('/', { headers: { x_forwarded_for: '127.0.0.1', 'x-real_ip': '::1' } });
      assert.equal(upstream.seen.length, 1);
      assert.doesNotMatch(JSON.stringify(upstream.seen), /real_ip|forwarded_for/i);
    },
  },
  {
    property: 'claims-unknown',
    name: 'a name that nobody has used yet, of a family of claims, does not reach the service',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      await ingress.ask('/', { headers: { 'x-forwarded-newly': 'FORGED', 'cf-newly': 'FORGED' } });
      assert.equal(upstream.seen.length, 1);
      assert.doesNotMatch(JSON.stringify(upstream.seen), /FORGED/);
    },
  },
  {
    property: 'hop-headers',
    name: 'what the client calls hop by hop ends here',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const headers = { connection: 'x-of-this-hop, close', 'x-of-this-hop': 'yes' };
      await ingress.ask('/', { headers });
      assert.equal(upstream.seen.length, 1);
      assert.equal(upstream.header('x-of-this-hop'), undefined);
    },
  },
  {
    property: 'host',
    name: 'only the origin’s own host is served, and nothing else reaches a service',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const wrong = await ingress.ask('/', { headers: { host: 'evil.example' } });
      assert.equal(wrong.status, 421);
      assert.match(wrong.body, new RegExp(`It is ${ingress.origin}`));
      assert.equal(wrong.headers['x-clincher-reason'], 'host-unknown');
      assert.equal(upstream.seen.length, 0);
      assert.equal((await ingress.ask('/')).status, 200);
    },
  },
  {
    property: 'routes',
    name: 'a route with a bearer file asks for exactly that token, and keeps it to itself',
    async run(start) {
      await using ingress = await start([gateway, metrics]);
      await using upstream = await fakeUpstream(`${ingress.folder}/mx`, 'numbers');
      await using other = await fakeUpstream(`${ingress.folder}/gw`);
      const tried = ['', 'Bearer wrong', 'Bearer the-metrics-toke', 'Basic the-metrics-token'];
      for (const authorization of [...tried, 'Bearer ', 'Bearer THE-METRICS-TOKEN']) {
        const headers = authorization === '' ? {} : { authorization };
        const answer = await ingress.ask('/metrics', { headers });
        assert.equal(answer.status, 401, authorization);
        assert.equal(answer.headers['www-authenticate'], 'Bearer');
      }
      assert.equal(upstream.seen.length, 0);
      const headers = { authorization: 'bearer  the-metrics-token' };
      assert.equal((await ingress.ask('/metrics/x?y', { headers })).body, 'numbers');
      assert.equal(upstream.header('authorization'), undefined);
      // By whole segments, and by the bytes of the path: what is not that route is the other's.
      for (const path of ['/metricsx', '/%6detrics', '/Metrics', '/a//metrics']) {
        assert.equal((await ingress.ask(path, { headers })).body, 'hello', path);
        assert.equal(other.seen.at(-1)?.url, path);
      }
      assert.equal(other.header('authorization'), headers.authorization);
    },
  },
  {
    property: 'starting-page',
    name: 'while the service is not there, a person sees a page and a program sees JSON',
    async run(start) {
      await using ingress = await start([gateway]);
      const page = await ingress.ask('/', { headers: { accept: 'text/html,*/*' } });
      assert.equal(page.status, 503);
      assert.equal(page.headers['retry-after'], '3');
      assert.match(page.body, /<p role="status">The gateway is not answering yet/);
      assert.match(page.body, /http-equiv="refresh"/);
      assert.ok(page.body.includes(String(page.headers['x-request-id'])), 'its id is on it');
      const json = await ingress.ask('/v1/models');
      assert.equal(json.status, 503);
      assert.equal(JSON.parse(json.body).error.code, 'upstream-unreachable');
      assert.equal((await recorded(ingress, 2))[1]?.reason, 'upstream-unreachable');
    },
  },
  {
    property: 'starting-page',
    name: 'the page is shown for a relay whose agent still starts, and its word to programs is kept',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      upstream.server.removeAllListeners('request');
      upstream.server.on('request', (_, response) => {
        response.writeHead(503, { 'x-clincher-reason': 'upstream-unreachable' });
        response.end('of the relay');
      });
      const page = await ingress.ask('/', { headers: { accept: 'text/html' } });
      assert.match(page.body, /<p role="status">The gateway is not answering yet/);
      assert.equal((await ingress.ask('/v1/models')).status, 503);
      upstream.server.removeAllListeners('request');
      upstream.server.on('request', (_, response) => {
        response.writeHead(403, { 'x-of-the-service': 'yes' });
        response.end('its own no');
      });
      const own = await ingress.ask('/', { headers: { accept: 'text/html' } });
      assert.deepEqual([own.status, own.body], [403, 'its own no']);
    },
  },
  {
    property: 'answer-breaks-off',
    name: 'a service that breaks off mid-answer leaves the client with a broken one',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const begun = halfAnswer(upstream.server);
      await assert.rejects(ingress.ask('/', { begun }), { code: 'ECONNRESET' });
    },
  },
  {
    property: 'security-headers',
    name: 'protections are added where the service set none, and its own are kept',
    async run(start) {
      await using ingress = await start([gateway], { scriptHosts: ['scripts.example'] });
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`, '', {
        'referrer-policy': 'same-origin',
        'alt-svc': 'h3=":443"',
        'strict-transport-security': 'max-age=1',
        'content-security-policy': "default-src 'self'",
      });
      const { headers, rawHeaders } = await ingress.ask('/');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-dns-prefetch-control'], 'off');
      assert.equal(headers['referrer-policy'], 'same-origin');
      assert.equal(headers['x-frame-options'], 'SAMEORIGIN');
      assert.equal(headers['alt-svc'], undefined);
      assert.equal(headers['strict-transport-security'], undefined, 'localhost must not be pinned');
      const policies = rawHeaders.filter(
        (_, index) => rawHeaders[index - 1]?.toLowerCase() === 'content-security-policy',
      );
      assert.equal(policies.length, 2, 'the browser obeys both');
      assert.equal(policies[0], "default-src 'self'");
      assert.match(policies[1] ?? '', /img-src 'self' data: blob:;.*object-src 'none'/);
      assert.match(policies[1] ?? '', /^script-src 'self' [^;]* https:\/\/scripts\.example;/);
      assert.equal(upstream.seen.length, 1);
    },
  },
  {
    property: 'security-headers',
    name: 'a service that says who may frame it is not contradicted',
    async run(start) {
      await using ingress = await start([gateway]);
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`, '', {
        'content-security-policy': "frame-ancestors 'self'",
      });
      const { headers } = await ingress.ask('/');
      assert.equal(headers['x-frame-options'], undefined);
      assert.equal(headers['referrer-policy'], 'no-referrer');
    },
  },
  {
    property: 'answer-orders',
    name: 'a service cannot order the ingress about by its answer',
    async run(start) {
      await using ingress = await start([gateway, metrics]);
      await using _upstream = await fakeUpstream(`${ingress.folder}/gw`, 'own', {
        'x-accel-redirect': '/metrics',
        'x-sendfile': '/etc/passwd',
        'x-accel-limit-rate': '1',
      });
      await using numbers = await fakeUpstream(`${ingress.folder}/mx`, 'numbers');
      const answer = await ingress.ask('/');
      assert.deepEqual([answer.status, answer.body], [200, 'own']);
      assert.equal(numbers.seen.length, 0);
    },
  },
  {
    property: 'http1',
    name: 'a body’s framing cannot hide behind more headers than are kept',
    async run(start) {
      await using ingress = await start([gateway]);
      await using upstream = await fakeUpstream(`${ingress.folder}/gw`);
      const many = 'a:\r\n'.repeat(1_000);
      const inner = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
      const body = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
      const head = `GET / HTTP/1.1\r\nHost: localhost:${ingress.port}\r\nConnection: close\r\n`;
      const bytes = `${head}${many}Transfer-Encoding: chunked\r\n\r\n${body}`;
      const answer = await talk(dialTls(ingress.tls), bytes);
      // Refused, or read as one request with a body; never as two.
      assert.match(answer, /^HTTP\/1\.1 (?:431|200) /);
      assert.ok(upstream.seen.length < 2 && upstream.seen.every(({ url }) => url === '/'));
    },
  },
];
