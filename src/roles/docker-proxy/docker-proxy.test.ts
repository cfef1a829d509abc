// The Docker proxy between a raw client and a daemon that writes down what reaches it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as z from 'zod';
import { systemWorld } from '../../kit/world.ts';
import {
  dialUnix,
  exchange,
  fakeUpstream,
  type RecordedTelemetry,
  recordedTelemetry,
  temporaryFolder,
} from '../../testing/wire.ts';
import { dockerProxyRole } from './serve.ts';
import { dockerProxySettings } from './settings.ts';

interface TestProxy extends AsyncDisposable {
  readonly daemon: string;
  readonly telemetry: RecordedTelemetry;
  send(bytes: string): Promise<string>;
}

async function startProxy(
  limits: z.input<typeof dockerProxySettings>['limits'] = {},
): Promise<TestProxy> {
  const folder = await temporaryFolder();
  const daemon = `${folder.path}/docker`;
  const listener = { address: `unix:${folder.path}/api`, caller: 'gateway' };
  const settings = dockerProxySettings.parse({
    service: 'docker-proxy',
    admin: [],
    listen: [listener],
    docker: `unix:${daemon}`,
    limits,
  });
  const telemetry = recordedTelemetry('docker-proxy');
  const running = await dockerProxyRole.serve(settings, systemWorld(), telemetry);
  return {
    daemon,
    telemetry,
    send: (bytes) => exchange(dialUnix(`${folder.path}/api`), bytes),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const end = 'Host: docker\r\nConnection: close\r\n\r\n';

test('the handshake reaches the daemon as a request of our own, and its answer comes back', async () => {
  await using proxy = await startProxy();
  await using daemon = await fakeUpstream(proxy.daemon, 'OK', {
    'Api-Version': '1.47',
    'X-Of-The-Daemon': 'internal',
  });
  const answer = await proxy.send(
    `GET /v1.47/_ping HTTP/1.1\r\nX-Evil: 1\r\nAuthorization: x\r\nX-Registry-Auth: e30\r\n${end}`,
  );
  assert.match(answer, /^HTTP\/1\.1 200 .*\r\nApi-Version: 1\.47\r\n.*\r\n\r\nOK$/s);
  assert.doesNotMatch(answer, /internal/);
  assert.deepEqual(daemon.seen, [
    {
      method: 'GET',
      url: '/v1.47/_ping',
      rawHeaders: ['Host', 'docker', 'Connection', 'close'],
      body: '',
    },
  ]);
  const [record] = proxy.telemetry.decisions();
  assert.equal(record?.rule, 'handshake GET /_ping');
});

const both =
  'GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: 39\r\nTransfer-Encoding: chunked\r\n\r\n';
const attacks: readonly (readonly [trick: string, bytes: string, status: number])[] = [
  ['listing containers', `GET /containers/json HTTP/1.1\r\n${end}`, 403],
  [
    'creating one',
    `POST /v1.47/containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n\r\n{}`,
    403,
  ],
  ['an encoded path', `GET /%63ontainers/json HTTP/1.1\r\n${end}`, 403],
  ['dot segments', `GET /_ping/../containers/json HTTP/1.1\r\n${end}`, 403],
  ['an absolute form', `GET http://docker/_ping HTTP/1.1\r\n${end}`, 403],
  ['a query', `GET /_ping?a HTTP/1.1\r\n${end}`, 403],
  ['CONNECT', `CONNECT docker:2375 HTTP/1.1\r\n${end}`, 403],
  [
    'a hijack',
    'GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    403,
  ],
  [
    'a buildkit session',
    'POST /session HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    403,
  ],
  ['a body on the ping', 'GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\n\r\nabc', 403],
  [
    'a chunked body on the ping',
    'GET /_ping HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    403,
  ],
  ['a request inside a body', `${both}0\r\n\r\nGET /containers/json HTTP/1.1\r\n\r\n`, 400],
  [
    'a request behind a refused one',
    `POST /build HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\nGET /_ping HTTP/1.1\r\n${end}`,
    403,
  ],
  ['a bare line feed', 'GET /_ping HTTP/1.1\nHost: d\n\n', 400],
  ['HTTP/1.0', `GET /_ping HTTP/1.0\r\n${end}`, 505],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a head that is too large', `GET /_ping HTTP/1.1\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
];

test('no trick makes anything reach the daemon', async (context) => {
  await using proxy = await startProxy();
  await using daemon = await fakeUpstream(proxy.daemon);
  let connections = 0;
  daemon.server.on('connection', () => {
    connections += 1;
  });
  for (const [trick, bytes, status] of attacks) {
    await context.test(trick, async () => {
      const before = proxy.telemetry.decisions().length;
      const answer = await proxy.send(bytes);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), answer.slice(0, 200));
      assert.equal(connections, 0);
      const records = proxy.telemetry.decisions().slice(before);
      assert.ok(records.length > 0 && records.every(({ verdict }) => verdict === 'deny'));
    });
  }
});

test('a denial is a sentence the docker command line shows', async () => {
  await using proxy = await startProxy();
  const answer = await proxy.send(`GET /containers/json HTTP/1.1\r\n${end}`);
  const { message } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
  assert.equal(
    message,
    'clincher refused GET /containers/json: This Docker API call is not in the allowed profile. ' +
      'Only /_ping and /version may be asked.',
  );
});

test('a daemon that is down, silent or too talkative is an error, never an answer', async () => {
  await using proxy = await startProxy({ answerBytesMax: 100, answerTimeoutMs: 200 });
  const ping = `GET /_ping HTTP/1.1\r\n${end}`;
  assert.match(await proxy.send(ping), /^HTTP\/1\.1 503 .*upstream-unreachable/s);
  await using daemon = await fakeUpstream(proxy.daemon, 'x'.repeat(101));
  assert.match(await proxy.send(ping), /^HTTP\/1\.1 502 .*docker-answer-too-large/s);
  daemon.server.removeAllListeners('request');
  assert.match(await proxy.send(ping), /^HTTP\/1\.1 503 /);
  assert.deepEqual(
    proxy.telemetry.decisions().map(({ reason }) => reason),
    ['upstream-unreachable', 'docker-answer-too-large', 'upstream-unreachable'],
  );
});
