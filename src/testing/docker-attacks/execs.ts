// Execs that ask for more than the sandbox has.

import { execBody } from './base-bodies.ts';
import type { BodyAttack } from './model.ts';

const rows: readonly (readonly [trick: string, change: Readonly<Record<string, unknown>>])[] = [
  ['a privileged command', { Privileged: true }],
  ['a command as root', { User: 'root' }],
  ['a command as root by number', { User: '0:0' }],
  ['a command with the group of root', { User: '1000:0' }],
  ['a command as somebody by name', { User: 'node' }],
  ['a library for a command', { Env: ['LD_PRELOAD=/workspace/x.so'] }],
  ['a path of libraries for a command', { Env: ['LD_LIBRARY_PATH=/workspace'] }],
  ['a start file for python', { Env: ['PYTHONSTARTUP=/workspace/x.py'] }],
  ['a variable without a name', { Env: ['=x'] }],
  ['a command outside of its folders', { WorkingDir: '/proc/self/fd/7' }],
  ['a command in a folder with a way up', { WorkingDir: '/workspace/../etc' }],
  ['a command in a leaked descriptor', { WorkingDir: '/proc/self/cwd' }],
  ['no command', { Cmd: [] }],
  ['a command that is no list', { Cmd: { a: 'b' } }],
  ['a field of a create', { HostConfig: { Privileged: true } }],
  ['a field in other letters', { privileged: true }],
  ['another container in the body', { Container: 'other' }],
  ['keys that detach from no terminal', { DetachKeys: 'a\u0007b' }],
];

export const execAttacks: readonly BodyAttack[] = [
  ...rows.map(
    ([trick, change]): BodyAttack => ({
      trick,
      class: 'more rights',
      body: execBody(change),
    }),
  ),
  {
    trick: 'privileged twice',
    class: 'the wire',
    body: null,
    text: JSON.stringify(execBody()).replace('{', '{"Privileged":true,'),
  },
];
