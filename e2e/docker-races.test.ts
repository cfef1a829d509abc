// Races and exhaustion before a live daemon: names that change hands between the check and the act,
// last places that several reach for, bounds of every kind, and a daemon that goes away.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { call, type Ground, noRates, startGround } from '../src/testing/docker-attacks/live.ts';
import { dockerSkip } from '../src/testing/docker-daemon.ts';
import { collect, type ProxyInput } from '../src/testing/docker-proxy.ts';
import { dialUnix } from '../src/testing/wire.ts';
import { requestText } from '../src/verify/attacks/docker/write.ts';

suite('races and limits of docker-proxy before a live daemon', { skip: dockerSkip }, () => {
  let ground: Ground;
  before(async () => {
    ground = await startGround();
  });
  after(async () => ground[Symbol.asyncDispose]());

  const gateway = () => ground.guarded.socketOf('gateway');
  const api = (method: string, path: string, body?: unknown) =>
    ground.guarded.daemon.api(method, path, body);
  const stateOf = async (id: string) => {
    const { State, Name } = (await api('GET', `/containers/${id}/json`)) as Inspect;
    return `${Name} ${State.Status} ${State.Pid}`;
  };

  const idsOf = async () => {
    const all = (await api('GET', '/containers/json?all=1')) as readonly { Id: string }[];
    return all.map(({ Id }) => Id).sort();
  };

  test('a name that changes hands while it is used never leads to another container', async () => {
    const { own, stranger } = ground;
    const before = await stateOf(stranger);
    const name = 'openclaw-sbx-own';
    for (let round = 0; round < 12; round += 1) {
      const swap = async () => {
        await api('POST', `/containers/${own}/rename?name=openclaw-sbx-away`);
        await api('POST', `/containers/${stranger}/rename?name=${name}`);
        await api('POST', `/containers/${stranger}/rename?name=stranger`);
        await api('POST', `/containers/${own}/rename?name=${name}`);
      };
      const exec = async () => {
        const text = requestText('POST', `/containers/${name}/exec`, '{"Cmd":["id"]}');
        const answer = await ground.send(text);
        if (answer.status !== 201) return assert.equal(answer.reason, 'docker-not-found');
        const made = (await api('GET', `/exec/${JSON.parse(answer.body).Id}/json`)) as ExecInspect;
        assert.equal(made.ContainerID, own);
      };
      const kill = async () => {
        const text = requestText('POST', `/containers/${name}/kill?signal=SIGWINCH`, '');
        const answer = await ground.send(text);
        if (answer.status !== 204) assert.equal(answer.reason, 'docker-not-found', answer.body);
      };
      await Promise.all([swap(), exec(), kill(), exec(), kill()]);
    }
    assert.equal(await stateOf(stranger), before);
  });

  test('a name of an image that comes to mean another makes no container', async () => {
    const { daemon } = ground.guarded;
    const before = await idsOf();
    await api('POST', `/images/${daemon.imageId}/tag?repo=kept&tag=1`);
    await api('POST', `/commit?container=${ground.stranger}&repo=clincher-test-sandbox&tag=1`);
    const body = JSON.stringify({ Image: daemon.image, Cmd: ['id'] });
    const text = requestText('POST', '/containers/create?name=openclaw-sbx-moved', body);
    const answer = await ground.send(text);
    await api('POST', `/images/kept:1/tag?repo=clincher-test-sandbox&tag=1`);
    assert.equal(answer.reason, 'docker-image-changed', answer.body);
    await api('DELETE', '/images/kept:1?noprune=1');
    await api('POST', '/images/prune');
    assert.deepEqual(await idsOf(), before);
  });

  const bounded = async (limits: ProxyInput['limits']) => {
    const { daemon } = ground.guarded;
    const template = { images: [{ name: daemon.image }] };
    return (await ground.proxyWith({ template, limits: { ...noRates, ...limits } })).socket;
  };
  const createText = (name: string) => {
    const body = JSON.stringify({ Image: ground.guarded.daemon.image, Cmd: ['sleep', '9'] });
    return requestText('POST', `/containers/create?name=openclaw-sbx-${name}`, body);
  };
  const execText = () => requestText('POST', `/containers/${ground.own}/exec`, '{"Cmd":["id"]}');

  const rows: readonly (readonly [
    name: string,
    limits: NonNullable<ProxyInput['limits']>,
    ask: (turn: number) => string,
    reason: string,
  ])[] = [
    [
      'containers',
      { containersMax: 2 },
      (turn) => createText(`many-${turn}`),
      'docker-containers-too-many',
    ],
    [
      'creates a minute',
      { createsPerMinuteMax: 1 },
      (turn) => createText(`fast-${turn}`),
      'docker-calls-too-fast',
    ],
    ['commands', { execsMax: 1 }, execText, 'docker-execs-too-many'],
    ['commands a minute', { execsPerMinuteMax: 1 }, execText, 'docker-calls-too-fast'],
    [
      'calls a second',
      { requestsPerSecondMax: 1 },
      () => requestText('GET', '/_ping'),
      'docker-calls-too-fast',
    ],
    ['connections', { connectionsMax: 1 }, () => requestText('GET', '/_ping'), 'limit-connections'],
    ['bytes of a body', { bodyBytesMax: 10 }, execText, 'limit-body'],
    [
      'bytes of an answer',
      { answerBytesMax: 500 },
      () => requestText('GET', `/containers/${ground.own}/json`),
      'docker-answer-too-large',
    ],
    [
      'bytes of a head',
      { headerBytesMax: 64 },
      () => requestText('GET', `/_ping?${'x'.repeat(80)}`),
      'head-too-large',
    ],
    [
      'time for a head',
      { headerTimeoutMs: 100 },
      () => 'GET /_ping HTTP/1.1\r\nHost: d\r\n',
      'head-timeout',
    ],
    ['time for a body', { headerTimeoutMs: 100 }, () => execText().slice(0, -3), 'head-timeout'],
    [
      'streams',
      { streamsMax: 1 },
      () => requestText('GET', `/containers/${ground.own}/logs?stdout=1&follow=1`),
      'docker-streams-too-many',
    ],
  ];

  for (const [name, limits, ask, reason] of rows) {
    test(`there is an end to: ${name}`, async () => {
      const socket = await bounded(limits);
      const known = await idsOf();
      // Three at once, so that two reach for the last place.
      const clients = [0, 1, 2].map((turn) => {
        const client = dialUnix(socket);
        const got = collect(client);
        client.write(ask(turn));
        return { client, got };
      });
      const reasons = clients.map(({ got }) => got.until(/x-clincher-reason: \S+\r\n|\r\n\r\n/));
      const answers = await Promise.all(reasons);
      const refused = answers.filter((answer) => answer.includes(`x-clincher-reason: ${reason}\r`));
      assert.ok(refused.length >= 1, answers.join('\n').slice(0, 600));
      for (const answer of answers) {
        assert.ok(/^HTTP\/1\.1 20[0-9] /.test(answer) || refused.includes(answer), answer);
      }
      for (const { client } of clients) client.destroy();
      const made = (await idsOf()).filter((id) => !known.includes(id));
      assert.ok(made.length <= 2 - (name === 'containers' ? 1 : 0), 'no more than there is room');
      for (const id of made) await api('DELETE', `/containers/${id}?force=1`);
    });
  }

  test('while the daemon is away every call is refused, and nothing was lost when it is back', async () => {
    const { daemon } = ground.guarded;
    const ping = () => ground.send(requestText('GET', '/_ping'));
    assert.equal((await ping()).status, 200);
    await daemon.stop();
    for (const text of [requestText('GET', '/_ping'), createText('down'), execText()]) {
      const answer = await ground.send(text);
      assert.equal(answer.status, 503, answer.body);
      assert.equal(answer.reason, 'upstream-unreachable');
    }
    await daemon.start();
    assert.equal((await ping()).status, 200);
    const listed = await call(gateway(), 'GET', '/containers/json?all=1');
    assert.deepEqual(
      (JSON.parse(listed.body) as readonly { Id: string }[]).map(({ Id }) => Id),
      [ground.own],
    );
  });
});

interface Inspect {
  readonly Name: string;
  readonly State: { readonly Status: string; readonly Pid: number };
}

interface ExecInspect {
  readonly ContainerID: string;
}
