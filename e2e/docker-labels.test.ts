// An image that carries the label by which docker-proxy knows whose a container is: what somebody
// else makes of it has that label too, and is no caller's.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startGround } from '../src/testing/docker-attacks/live.ts';
import { dockerSkip } from '../src/testing/docker-daemon.ts';
import { requestText } from '../src/verify/attacks/docker/write.ts';

suite('an image with the label of an owner, before a live daemon', { skip: dockerSkip }, () => {
  test("what others make of it is nobody's", async () => {
    await using ground = await startGround();
    const { cli, api } = ground.guarded.daemon;
    // As an operator keeps a sandbox whose work is worth keeping.
    const commit = await cli('commit', ground.own, 'kept:1');
    assert.equal(commit.code, 0, commit.stderr);
    const run = ['run', '-d', '--init', '--name', 'database', '--network', 'none'];
    const made = await cli(...run, 'kept:1', 'sleep', 'infinity');
    assert.equal(made.code, 0, made.stderr);
    const id = made.stdout.trim();
    const inspected = await api('GET', `/containers/${id}/json`);
    const { Labels } = (inspected as { Config: { Labels: Record<string, string> } }).Config;
    assert.equal(Labels['clincher.owner'], 'clincher/gateway');

    for (const [method, path, body] of [
      ['GET', `/containers/${id}/json`, undefined],
      ['GET', '/containers/database/json', undefined],
      ['POST', '/containers/database/exec', '{"Cmd":["id"]}'],
      ['POST', `/containers/${id.slice(0, 12)}/kill`, ''],
      ['DELETE', '/containers/database?force=1', undefined],
    ] as const) {
      const answer = await ground.send(requestText(method, path, body));
      assert.equal(answer.reason, 'docker-not-found', `${method} ${path}: ${answer.body}`);
    }
    const own = await ground.send(requestText('GET', `/containers/${ground.own}/json`));
    assert.equal(own.status, 200, own.body);
  });
});
