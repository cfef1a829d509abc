// What becomes of an exec, of its start, and of calls that may have no body.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execBody } from '../../testing/docker-attacks/base-bodies.ts';
import { execAttacks } from '../../testing/docker-attacks/execs.ts';
import { examplePolicy, send } from '../../testing/docker-policy.ts';
import { execFaults } from '../../testing/docker-sandbox-check.ts';

const policy = examplePolicy('exec-only');

test('an exec runs as the template says, in its folders, with its variables', () => {
  const asked = { Env: ['A=b'], WorkingDir: '/workspace/src', Tty: true, ConsoleSize: [24, 80] };
  const verdict = send(policy, 'exec-create', execBody(asked));
  assert.ok(verdict.kind === 'body');
  const sent = JSON.parse(verdict.bytes.toString());
  assert.ok(policy.template !== undefined);
  assert.deepEqual(execFaults(sent, policy.template), []);
  assert.deepEqual(
    [sent.User, sent.Privileged, sent.Env, sent.WorkingDir, sent.Tty, sent.ConsoleSize],
    ['1000:1000', false, ['A=b'], '/workspace/src', true, [24, 80]],
  );
  assert.deepEqual([verdict.tty, verdict.detach], [true, false]);
});

test('another number than root is answered by the template’s user, and told', () => {
  const verdict = send(policy, 'exec-create', execBody({ User: '1234' }));
  assert.ok(verdict.kind === 'body');
  assert.deepEqual(verdict.changes, [{ field: 'User', from: '"1234"', to: '"1000:1000"' }]);
});

for (const { trick, body, text } of execAttacks) {
  test(`an exec is refused: ${trick}`, () => {
    const verdict = send(policy, 'exec-create', text ?? body);
    assert.ok(verdict.kind === 'refusal', 'it was let through');
    assert.match(verdict.message, /^clincher refused ContainerExec/);
  });
}

test('a template gives its variables and no others; in full it may name a dangerous one', () => {
  const narrow = examplePolicy('exec-only', {
    template: { images: [{ name: 'a' }], env: ['LC_*', 'TZ', 'LD_PRELOAD'] },
  });
  const kind = (entry: string) => send(narrow, 'exec-create', execBody({ Env: [entry] })).kind;
  assert.deepEqual(
    ['LC_ALL=C', 'TZ=UTC', 'LD_PRELOAD=x', 'PATH=/x', 'lc_all=C', 'LD_AUDIT=x'].map(kind),
    ['body', 'body', 'body', 'refusal', 'refusal', 'refusal'],
  );
});

test('a start says how, and nothing else', () => {
  const start = send(policy, 'exec-start', { Detach: true, Tty: false, ConsoleSize: null });
  assert.ok(start.kind === 'body');
  assert.deepEqual(JSON.parse(start.bytes.toString()), { Detach: true, Tty: false });
  assert.equal(start.detach, true);
  assert.equal(send(policy, 'exec-start', '').kind, 'body', 'a start without a body');
  for (const body of [{ Cmd: ['id'] }, { detach: true }, [], 'x', { Detach: 'yes' }]) {
    assert.equal(send(policy, 'exec-start', body).kind, 'refusal', JSON.stringify(body));
  }
});

test('a call that may have no body may have an empty one, and nothing of it is sent', () => {
  for (const body of ['', ' ', '{}', '{ }\n', 'null']) {
    const verdict = send(policy, 'none', body);
    assert.ok(verdict.kind === 'body', body);
    assert.equal(verdict.bytes.length, 0);
  }
  for (const body of ['{"HostConfig":{"Privileged":true}}', '[]', '0', '{}x']) {
    const verdict = send(policy, 'none', body);
    assert.ok(verdict.kind === 'refusal' && verdict.reason === 'docker-body-refused', body);
  }
});
