// What SSH may be asked for, and what of a command is written down.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeCommand, judgeRequest, judgeSignIn, type SignIn, summaryOf } from './sandbox-ssh.ts';

const right: SignIn = { method: 'publickey', user: 'agent', isOurKey: true, isSigned: true };

const signIns: readonly (readonly [string, Partial<SignIn>, string])[] = [
  ['our key, signed', {}, 'allowed'],
  ['our key, only asked about', { isSigned: null }, 'allowed'],
  ['our key with a signature that is not its own', { isSigned: false }, 'ssh-key-wrong'],
  ['another key', { isOurKey: false }, 'ssh-key-wrong'],
  ['a password', { method: 'password', isOurKey: false }, 'ssh-method-refused'],
  ['a method that claims our key', { method: 'hostbased' }, 'ssh-method-refused'],
  ['no method', { method: 'none' }, 'ssh-method-refused'],
  ['another user', { user: 'root' }, 'ssh-scope-unknown'],
  ['no user', { user: '' }, 'ssh-scope-unknown'],
  ['a path for a user', { user: '../agent' }, 'ssh-scope-unknown'],
  ['another user and another key', { user: 'root', isOurKey: false }, 'ssh-key-wrong'],
];
for (const [name, change, reason] of signIns) {
  test(`signing in with ${name}: ${reason}`, () => {
    assert.equal(judgeSignIn({ ...right, ...change }, ['agent']).reason, reason);
  });
}

test('of everything SSH can be asked for, a command and a terminal are granted', () => {
  const granted = ['exec', 'pty-req'];
  const forwards = [
    'direct-tcpip',
    'direct-streamlocal',
    'tcpip-forward',
    'streamlocal-forward@openssh.com',
    'x11-req',
    'auth-agent-req@openssh.com',
  ];
  for (const kind of granted) assert.equal(judgeRequest(kind).verdict, 'allow', kind);
  for (const kind of forwards) assert.equal(judgeRequest(kind).reason, 'ssh-forward-refused');
  fc.assert(
    fc.property(fc.string(), (kind) => {
      fc.pre(!granted.includes(kind));
      assert.equal(judgeRequest(kind).verdict, 'deny');
    }),
  );
});

test('a command is whole, or refused', () => {
  assert.equal(judgeCommand('a', 1).verdict, 'allow');
  assert.equal(judgeCommand('', 1).reason, 'ssh-command-refused');
  assert.equal(judgeCommand('a\0b', 9).reason, 'ssh-command-refused');
  assert.equal(judgeCommand('ää', 3).reason, 'ssh-command-refused');
});

const summaries: readonly (readonly [string, string, string | null])[] = [
  ["'/bin/sh' '-c' 'echo s3cret' 'openclaw-sandbox-fs' '/x'", 'sh', 'openclaw-sandbox-fs'],
  ["'/bin/sh' '/tmp/openclaw-sandbox-exec-0b9d/exec.sh'", 'sh', 'openclaw-sandbox-exec'],
  ['curl -H s3cret', 'curl', null],
  ['/usr/bin/python3 -c "s3cret"', 'python3', null],
  ['TOKEN=s3cret curl x', 'other', null],
  ['"my s3cret" x', 'other', null],
  ['ls;echo s3cret', 'ls', null],
  ['(s3cret)', 'other', null],
  ['   ', 'other', null],
  ["'unfinished s3cret", 'other', null],
  ['echo openclaw-s3cret x', 'echo', null],
  ['echo openclaw-sandbox-token x', 'echo', null],
];
for (const [command, program, step] of summaries) {
  test(`of ${JSON.stringify(command)} is written down: ${program}, ${step}`, () => {
    const summary = summaryOf(command);
    assert.deepEqual([summary.program, summary.step], [program, step]);
    assert.equal(summary.commandBytes, command.length);
    assert.ok(!JSON.stringify(summary).includes('s3cret'));
  });
}

test('a summary is short and plain, whatever the command', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (command) => {
      const { program, step } = summaryOf(command);
      assert.match(program, /^[\w.+-]{1,32}$/);
      assert.ok(step === null || step.startsWith('openclaw-'));
    }),
  );
});
