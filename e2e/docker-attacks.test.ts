// Every class of attack on a Docker API proxy, over a raw socket, before a live daemon: each is
// refused with its reason, and the daemon has afterwards what it had before.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Reason, reasons } from '../src/policy/reasons.ts';
import { createAttacks } from '../src/testing/docker-attacks/creates.ts';
import { execAttacks } from '../src/testing/docker-attacks/execs.ts';
import { type Ground, noRates, startGround } from '../src/testing/docker-attacks/live.ts';
import { ownContainerCalls, ownExecAttacks } from '../src/testing/docker-attacks/own-container.ts';
import { dockerSkip } from '../src/testing/docker-daemon.ts';
import type { ProxyAnswer } from '../src/testing/docker-proxy.ts';
import { execFaults, sandboxFaults } from '../src/testing/docker-sandbox-check.ts';
import { callAttacks, otherContainerCalls } from '../src/verify/attacks/docker/calls.ts';
import { overrideHeaders, wireAttacks } from '../src/verify/attacks/docker/wire.ts';
import { callText, requestText, toldOnWire } from '../src/verify/attacks/docker/write.ts';

suite('attacks on docker-proxy before a live daemon', { skip: dockerSkip }, () => {
  let ground: Ground;
  let picture: string;
  let refused = 0;
  before(async () => {
    ground = await startGround();
    picture = await ground.picture();
  });
  after(async () => ground[Symbol.asyncDispose]());

  const isUnchanged = async () => {
    const now = await ground.picture();
    const had = new Set(picture.split('\n'));
    const fresh = now.split('\n').filter((line) => !had.has(line));
    assert.ok(now === picture, `the daemon has changed: ${fresh.join('\n').slice(0, 500)}`);
  };

  /** A no that says why, in one answer, and nothing done. */
  const isRefused = async (answer: ProxyAnswer, reason?: Reason) => {
    assert.ok(answer.status >= 400, `${answer.status} ${answer.body.slice(0, 200)}`);
    assert.ok(Object.hasOwn(reasons, answer.reason ?? ''), `reason: ${answer.reason}`);
    if (reason !== undefined) assert.equal(answer.reason, reason, answer.body);
    assert.ok(!answer.body.includes('HTTP/1.1 '), 'one answer');
    await isUnchanged();
    refused += 1;
  };

  test('calls that no sandbox needs, and paths that hide them', async (context) => {
    for (const attack of callAttacks('openclaw-sbx-own', 'openclaw-sbx-other')) {
      await context.test(attack.trick, async () => {
        const answer = await ground.send(callText(attack));
        const told = toldOnWire(attack);
        await isRefused(answer, told.reason);
        assert.equal(answer.status, told.status);
      });
    }
  });

  test('containers of others, by every way to say which', async (context) => {
    const { other, stranger } = ground;
    const names = ['openclaw-sbx-other', other, other.slice(0, 12), other.slice(0, 4)];
    const strangers = ['stranger', stranger, stranger.slice(0, 12), stranger.toUpperCase()];
    for (const name of [...names, ...strangers]) {
      for (const { trick, method, target } of otherContainerCalls(name)) {
        await context.test(`${trick}: ${name.slice(0, 20)}`, async () => {
          const body = target.endsWith('/exec') ? '{"Cmd":["id"]}' : '';
          const text = requestText(method, target, method === 'POST' ? body : undefined);
          const answer = await ground.send(text);
          await isRefused(answer, 'docker-not-found');
          assert.equal(JSON.parse(answer.body).message, `No such container: ${name}`);
        });
      }
    }
  });

  test("others' commands", async (context) => {
    const { otherExec, ownExec } = ground;
    const ids = [otherExec, otherExec.slice(0, 12), ownExec.slice(0, 12), ownExec.toUpperCase()];
    for (const id of ids) {
      for (const [method, rest, body] of [
        ['POST', 'start', '{"Detach":true}'],
        ['POST', 'start', '{}'],
        ['POST', 'resize?h=1&w=1', ''],
        ['GET', 'json', undefined],
      ] as const) {
        await context.test(`${method} ${rest} ${body ?? ''} ${id.slice(0, 14)}`, async () => {
          const answer = await ground.send(requestText(method, `/v1.41/exec/${id}/${rest}`, body));
          await isRefused(answer, 'docker-not-found');
        });
      }
    }
  });

  test('containers that are more than a sandbox', async (context) => {
    const { workspace, daemon } = ground.guarded;
    const place = { image: daemon.image, source: workspace, target: '/workspace' };
    for (const { trick, class: kind, body, text } of createAttacks(place)) {
      await context.test(`${kind}: ${trick}`, async () => {
        const target = '/v1.41/containers/create?name=openclaw-sbx-attack';
        const sent = text ?? JSON.stringify(body);
        const answer = await ground.send(requestText('POST', target, sent));
        if (answer.status !== 201) return isRefused(answer);
        // What the template fixes is set whatever was asked for: what was made must be a sandbox.
        const { Id } = JSON.parse(answer.body);
        const made = (await daemon.api('GET', `/containers/${Id}/json`)) as MadeContainer;
        await daemon.api('DELETE', `/containers/${Id}?force=1`);
        const template = ground.template;
        const faults = sandboxFaults(
          { ...made.Config, HostConfig: made.HostConfig },
          template,
          'clincher/gateway',
        );
        assert.deepEqual(faults, []);
        await isUnchanged();
      });
    }
  });

  test('commands that are more than a sandbox has', async (context) => {
    const { daemon } = ground.guarded;
    for (const { trick, body, text } of execAttacks) {
      await context.test(trick, async () => {
        const target = `/v1.41/containers/${ground.own}/exec`;
        const sent = text ?? JSON.stringify(body);
        const answer = await ground.send(requestText('POST', target, sent));
        if (answer.status !== 201) return isRefused(answer);
        const { Id } = JSON.parse(answer.body);
        const { ProcessConfig } = (await daemon.api('GET', `/exec/${Id}/json`)) as MadeExec;
        const { privileged, user, entrypoint } = ProcessConfig;
        const made = { Privileged: privileged, User: user, Cmd: [entrypoint] };
        assert.deepEqual(execFaults(made, ground.template), []);
        picture = await ground.picture();
      });
    }
  });

  test('the container that the caller runs in itself', async (context) => {
    const { stranger } = ground;
    const probe = ['/bin/cat', '/proc/self/ns/mnt'];
    const own = { container: 'stranger', commands: [probe] };
    const { socket } = await ground.proxyWith({ callers: { gateway: { own } }, limits: noRates });
    const at = `/v1.41/containers/${stranger}`;
    const told = await ground.send(requestText('GET', `${at}/json`), socket);
    assert.deepEqual(JSON.parse(told.body), {
      Id: stranger,
      Mounts: [],
      HostConfig: { Tmpfs: null },
    });
    for (const { trick, method, target } of ownContainerCalls(stranger, 'stranger')) {
      await context.test(trick, async () => {
        const body = target.endsWith('/exec') ? JSON.stringify({ Cmd: probe }) : '';
        const text = requestText(method, target, method === 'POST' ? body : undefined);
        await isRefused(await ground.send(text, socket));
      });
    }
    for (const { trick, body } of ownExecAttacks(probe, { Cmd: ['id'] })) {
      await context.test(trick, async () => {
        const text = requestText('POST', `${at}/exec`, JSON.stringify(body));
        await isRefused(await ground.send(text, socket));
      });
    }
    const made = await ground.send(
      requestText('POST', `${at}/exec`, JSON.stringify({ Cmd: probe })),
      socket,
    );
    assert.equal(made.status, 201, made.body);
    picture = await ground.picture();
  });

  test('the wire', async (context) => {
    const { own, ownExec, stranger } = ground;
    for (const row of wireAttacks({ own, exec: ownExec, victim: stranger })) {
      await context.test(row.tries, async () => {
        const answer = await ground.send(row.bytes);
        await isRefused(answer, row.reason);
        assert.equal(answer.status, row.status);
      });
    }
  });

  test('headers that tell of another request change nothing', async (context) => {
    for (const [name, value] of overrideHeaders(ground.own)) {
      await context.test(name, async () => {
        const headers = name === 'Connection' ? [] : ['Connection', 'close'];
        const answer = await ground.send(
          requestText('GET', '/_ping', undefined, [...headers, name, value]),
        );
        assert.equal(answer.status, 200, answer.body);
        assert.equal(answer.body, 'OK');
        await isUnchanged();
      });
    }
  });

  test('there were enough of them', () => {
    assert.ok(refused > 300, String(refused));
  });
});

interface MadeContainer {
  readonly Config: Readonly<Record<string, unknown>>;
  readonly HostConfig: unknown;
}

interface MadeExec {
  readonly ProcessConfig: {
    readonly privileged: boolean;
    readonly user: string;
    readonly entrypoint: string;
  };
}
