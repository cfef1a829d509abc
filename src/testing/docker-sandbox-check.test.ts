// The checker of sandboxes is not blind: given a sandbox with one thing changed, it names it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBody } from './docker-attacks/base-bodies.ts';
import { createAttacks } from './docker-attacks/creates.ts';
import { execAttacks } from './docker-attacks/execs.ts';
import { examplePolicy, sandboxImage, send } from './docker-policy.ts';
import { execFaults, sandboxFaults } from './docker-sandbox-check.ts';

type Fields = Readonly<Record<string, unknown>>;

const policy = examplePolicy('sandbox');
const template = policy.template ?? assert.fail();
const ground = { image: sandboxImage, source: '/srv/stack/work', target: '/workspace' };

function sandbox(): Fields & { readonly HostConfig: Fields } {
  const verdict = send(policy, 'create', createBody(sandboxImage));
  assert.ok(verdict.kind === 'body');
  return JSON.parse(verdict.bytes.toString());
}

/** What the daemon would not take as more, or the checker cannot see from a body alone. */
const harmless = [
  'a variable that is given twice',
  'a function for bash',
  'a label that a stack goes by',
  'another runtime',
  'memory held back from others',
  'killed after all others',
  'started again for ever',
  'swap',
  'a weight above others',
  'a ulimit twice',
];

test('every change that an attack makes to a sandbox is found', () => {
  const base = createBody(sandboxImage);
  const missed: string[] = [];
  for (const { trick, body, text } of createAttacks(ground)) {
    if (text !== undefined || harmless.includes(trick)) continue;
    const asked = fields(body);
    const good = sandbox();
    const changed = {
      ...good,
      ...changes(asked, base),
      HostConfig: {
        ...good.HostConfig,
        ...changes(fields(asked.HostConfig), fields(base.HostConfig)),
      },
    };
    if (sandboxFaults(changed, template, 'clincher/gateway').length === 0) missed.push(trick);
  }
  assert.deepEqual(missed, []);
});

test('a sandbox of another caller, or of nobody, is found', () => {
  assert.deepEqual(sandboxFaults(sandbox(), template, 'clincher/gateway'), []);
  assert.notDeepEqual(sandboxFaults(sandbox(), template, 'clincher/other'), []);
  assert.notDeepEqual(sandboxFaults({}, template, 'clincher/gateway'), []);
});

test('every exec that asks for more is found', () => {
  const good = { Cmd: ['id'], User: '1000:1000', Privileged: false };
  assert.deepEqual(execFaults(good, template), []);
  for (const { trick, body } of execAttacks.slice(0, 7)) {
    if (trick.includes('start file')) continue;
    const { User, Privileged, Env } = { User: good.User, ...fields(body) } as Fields;
    const exec = { ...good, Privileged, Env, User: User === '' ? good.User : User };
    assert.notDeepEqual(execFaults(exec, template), [], trick);
  }
});

function changes(asked: Fields, base: Fields): Fields {
  return Object.fromEntries(
    Object.entries(asked).filter(
      ([key, value]) => key !== 'HostConfig' && JSON.stringify(base[key]) !== JSON.stringify(value),
    ),
  );
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
