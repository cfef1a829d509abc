// Calls through the proxy to a fake daemon: what reaches it, what comes back, whose things exist,
// and what happens when the daemon does not do its part.

import assert from 'node:assert/strict';
import { rename, unlink } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { callText, collect, ownedBy, startDockerProxy } from '../../testing/docker-proxy.ts';
import { fakeDocker, send } from '../../testing/fake-docker.ts';
import { checkedDockerProxySettings } from './check-settings.ts';

const create = { Image: 'sandbox:1', Cmd: ['sleep', 'infinity'] };

test('a sandbox is made, started, asked about and removed, each by its full id', async () => {
  await using proxy = await startDockerProxy();
  const made = await proxy.call('POST', '/v1.47/containers/create?name=box', create);
  assert.equal(made.status, 201, made.body);
  const { Id } = JSON.parse(made.body);
  for (const [method, path, status] of [
    ['POST', '/v1.47/containers/box/start', 204],
    ['GET', '/v1.47/containers/box/json', 200],
    ['POST', `/v1.47/containers/${Id.slice(0, 12)}/stop`, 204],
    ['DELETE', '/v1.47/containers/box?force=1', 204],
  ] as const) {
    const answer = await proxy.call(method, path);
    assert.equal(answer.status, status, `${path}: ${answer.body}`);
  }
  assert.deepEqual(proxy.docker.acts(), [
    'POST /containers/create?name=box',
    `POST /containers/${Id}/start`,
    `POST /containers/${Id}/stop`,
    `DELETE /containers/${Id}?force=1`,
  ]);
  const [record] = proxy.telemetry.decisions();
  assert.equal(record?.container, Id);
  assert.equal(record?.operation, 'ContainerCreate');
  assert.equal(record?.verdict, 'allow');
});

test('what another made does not exist, by id, short id, prefix or name', async () => {
  await using proxy = await startDockerProxy();
  const theirs = proxy.docker.add('theirs', ownedBy('other'));
  const nobodys = proxy.docker.add('nobodys');
  const lookalike = proxy.docker.add('lookalike', { 'clincher.owner': 'gateway' });
  const missing = await proxy.call('GET', '/containers/missing/json');
  assert.equal(JSON.parse(missing.body).message, 'No such container: missing');
  for (const { Id, Name } of [theirs, nobodys, lookalike]) {
    for (const text of [Id, Id.slice(0, 12), Id.slice(0, 3), Name.slice(1)]) {
      for (const [method, rest] of [
        ['GET', '/json'],
        ['POST', '/start'],
        ['POST', '/kill'],
        ['GET', '/logs?stdout=1'],
        ['POST', '/attach?stream=1'],
        ['POST', '/exec'],
        ['DELETE', ''],
      ] as const) {
        const body = rest === '/exec' ? { Cmd: ['id'] } : undefined;
        const answer = await proxy.call(method, `/containers/${text}${rest}`, body);
        assert.equal(answer.status, 404, `${method} ${rest}: ${answer.body}`);
        assert.equal(JSON.parse(answer.body).message, `No such container: ${text}`);
      }
    }
  }
  assert.deepEqual(proxy.docker.acts(), []);
});

test('a name that means another container after the check changes nothing', async () => {
  await using proxy = await startDockerProxy();
  const mine = proxy.docker.add('box', ownedBy('gateway'));
  let swapped = false;
  proxy.docker.instead = ({ method, path }, socket) => {
    if (method !== 'GET' || path !== '/containers/box/json' || swapped) return false;
    swapped = true;
    send(socket, 200, mine);
    // Between the check and the act the name goes to somebody else's container.
    mine.Name = '/gone';
    proxy.docker.add('box');
    return true;
  };
  assert.equal((await proxy.call('POST', '/containers/box/kill')).status, 204);
  assert.deepEqual(proxy.docker.acts(), [`POST /containers/${mine.Id}/kill`]);
});

test('an id that the daemon gives for another text is not acted on unless it is whole', async () => {
  await using proxy = await startDockerProxy();
  proxy.docker.instead = ({ path }, socket) =>
    path.startsWith('/containers/') && send(socket, 200, { Id: '../../info', Config: {} });
  const answer = await proxy.call('POST', '/containers/box/start');
  assert.equal(answer.reason, 'docker-answer-unclear');
  assert.deepEqual(proxy.docker.acts(), []);
});

test('two creates at once do not both get the last place', async () => {
  await using proxy = await startDockerProxy({ limits: { containersMax: 2 } });
  proxy.docker.add('one', ownedBy('gateway'));
  proxy.docker.add('foreign', ownedBy('other'));
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((name) => proxy.call('POST', `/containers/create?name=${name}`, create)),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 429, 429]);
  assert.equal(proxy.docker.acts().length, 1);
});

test('no more commands are open at once than one caller may have', async () => {
  await using proxy = await startDockerProxy({ limits: { execsMax: 2 } });
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  proxy.docker.instead = ({ path, method }, socket) =>
    method === 'GET' && path.startsWith('/exec/') && send(socket, 200, { Running: true });
  const make = () => proxy.call('POST', `/containers/${Id}/exec`, { Cmd: ['id'] });
  const answers = await Promise.all([make(), make(), make()]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 429]);
  // The daemon says that they are over: there is room again.
  proxy.docker.instead = null;
  assert.equal((await make()).status, 201);
});

test('a caller that asks faster than it may is told so', async () => {
  await using proxy = await startDockerProxy({ limits: { requestsPerSecondMax: 2 } });
  const answers = [];
  for (let count = 0; count < 4; count += 1) answers.push(await proxy.call('GET', '/_ping'));
  assert.ok(answers.some(({ reason }) => reason === 'docker-calls-too-fast'));
  assert.equal((await proxy.call('GET', '/_ping', undefined, 'other')).status, 200);
});

test('connections to the daemon are kept: many calls, one or two connections', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const client = proxy.dial();
  const got = collect(client);
  for (let count = 1; count <= 20; count += 1) {
    client.write(`GET /containers/${Id}/json HTTP/1.1\r\nHost: d\r\n\r\n`);
    while (got.text().split('"Mounts":[]').length <= count) await got.more();
  }
  assert.ok(proxy.docker.connections <= 2, String(proxy.docker.connections));
});

test('a daemon that is down is said to be, and is found again when it is back', async () => {
  await using proxy = await startDockerProxy();
  const { path } = proxy.docker;
  assert.equal((await proxy.call('GET', '/_ping')).status, 200);
  await proxy.docker[Symbol.asyncDispose]();
  const down = await proxy.call('GET', '/_ping');
  assert.equal(down.status, 503);
  assert.equal(down.reason, 'upstream-unreachable');
  assert.match(proxy.health().detail ?? '', /Docker daemon/);
  await using back = await fakeDocker(path);
  assert.equal((await proxy.call('GET', '/_ping')).status, 200);
  assert.ok(
    back.seen.some(({ path: asked }) => asked === '/info'),
    'it was asked who it is',
  );
  assert.equal(proxy.health().detail, undefined);
});

test('another daemon in the place of the first is not spoken to', async () => {
  await using proxy = await startDockerProxy();
  const { path } = proxy.docker;
  assert.equal((await proxy.call('GET', '/_ping')).status, 200);
  await rename(path, `${path}.old`);
  await using other = await fakeDocker(path);
  other.engineId = 'ENGINE:TWO';
  const refused = await proxy.call('GET', '/_ping');
  assert.equal(refused.status, 503);
  assert.equal(refused.reason, 'docker-daemon-changed');
  assert.deepEqual(
    other.seen.map((asked) => asked.path),
    ['/info'],
  );
  await unlink(path);
  await rename(`${path}.old`, path);
  assert.equal((await proxy.call('GET', '/_ping')).status, 200);
});

test('a daemon that is silent, cuts its answer or sends two is an error, never an answer', async () => {
  await using proxy = await startDockerProxy({ limits: { answerTimeoutMs: 200 } });
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const inspect = () => proxy.call('GET', `/containers/${Id}/json`);
  const head = 'HTTP/1.1 200 OK\r\nContent-Length:';
  for (const [name, bytes] of [
    ['silence', ''],
    ['a cut body', `${head} 10\r\n\r\n{"Id"`],
    ['both lengths', `${head} 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`],
    ['a second answer', `${head} 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\n`],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\nContent-Length: 2\n\n{}'],
  ] as const) {
    proxy.docker.instead = ({ path }, socket) => {
      if (path === '/info') return false;
      if (name === 'a cut body') socket.end(bytes);
      else socket.write(bytes);
      return true;
    };
    const answer = await inspect();
    assert.ok(answer.status >= 500, `${name}: ${answer.status} ${answer.body}`);
  }
});

test('bytes of the daemon that nobody asked for end its connection', async () => {
  await using proxy = await startDockerProxy();
  const smuggled = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
  for (const late of [false, true]) {
    proxy.docker.instead = ({ path }, socket) => {
      if (path !== '/_ping') return false;
      const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK';
      socket.write(late ? answer : `${answer}${smuggled}`);
      if (late) setTimeout(() => socket.write(smuggled), 20);
      return true;
    };
    await proxy.call('GET', '/_ping');
    const before = proxy.docker.connections;
    await delay(40);
    const next = await proxy.call('GET', '/version');
    assert.match(next.body, /"ApiVersion":"1\.47"/);
    assert.ok(proxy.docker.connections > before, 'over a connection of its own');
  }
});

test('a refusal names its request, and the record has the same id', async () => {
  await using proxy = await startDockerProxy();
  const text = callText('POST', '/build').replace('Host: docker', 'Host: d\r\nX-Request-Id: abc');
  const answer = await proxy.send(text);
  assert.equal(answer.status, 403);
  assert.match(
    JSON.parse(answer.body).message,
    /^clincher refused POST \/build: .* \(request abc\)$/,
  );
  assert.equal(proxy.telemetry.decisions().at(-1)?.requestId, 'abc');
});

test('a page in a browser may ask nothing', async () => {
  await using proxy = await startDockerProxy();
  const text = callText('GET', '/_ping').replace('Host: docker', 'Host: d\r\nOrigin: http://a.b');
  assert.equal((await proxy.send(text)).reason, 'origin-foreign');
  assert.deepEqual(proxy.docker.seen, []);
});

test('while the record cannot be written nothing passes, and health says so', async () => {
  let fault: string | null = null;
  await using proxy = await startDockerProxy({}, () => fault);
  assert.equal((await proxy.call('GET', '/_ping')).status, 200);
  fault = 'ENOSPC';
  const seen = proxy.docker.seen.length;
  assert.equal((await proxy.call('GET', '/_ping')).reason, 'record-unavailable');
  assert.equal(proxy.docker.seen.length, seen);
  assert.deepEqual(proxy.health(), {
    ready: false,
    detail: 'the record cannot be written: ENOSPC',
  });
});

test('creates and commands have rates of their own', async () => {
  const limits = { createsPerMinuteMax: 1, execsPerMinuteMax: 1 };
  await using proxy = await startDockerProxy({ limits });
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const make = () => proxy.call('POST', '/containers/create', create);
  const exec = () => proxy.call('POST', `/containers/${Id}/exec`, { Cmd: ['id'] });
  for (const ask of [make, exec]) {
    assert.equal((await ask()).status, 201);
    assert.equal((await ask()).reason, 'docker-calls-too-fast');
  }
});

test('a text that stands for several containers tells nothing of them', async () => {
  await using proxy = await startDockerProxy();
  proxy.docker.instead = ({ path }, socket) =>
    path.startsWith('/containers/ab/') &&
    send(socket, 400, { message: 'Multiple IDs found with provided prefix: ab' });
  const answer = await proxy.call('GET', '/containers/ab/json');
  assert.equal(answer.status, 404);
  assert.equal(JSON.parse(answer.body).message, 'No such container: ab');
});

test('rules that cannot be followed are refused before anything listens', () => {
  const settings = {
    ...{ service: 'docker-proxy', admin: [], docker: 'unix:/x', profile: 'sandbox' },
    listen: [{ address: 'unix:/y', caller: 'gateway' }],
  };
  const messages = (more: object) =>
    checkedDockerProxySettings
      .safeParse({ ...settings, ...more })
      .error?.issues.map(({ message }) => message)
      .join('; ') ?? '';
  assert.match(messages({}), /the profile sandbox needs a template/);
  assert.match(messages({ callers: { nobody: {} } }), /no listener is for the caller nobody/);
  assert.match(messages({ profile: 'tecnativa', switches: { NONE: true } }), /no switch NONE/);
  assert.equal(messages({ profile: 'observe' }), '');
});
