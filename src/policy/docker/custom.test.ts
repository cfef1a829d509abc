// Rules that a user writes: a method, an anchored path, its parameters and its body.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBody } from '../../testing/docker-attacks/base-bodies.ts';
import { ask, examplePolicy, type RulesInput, sandboxImage } from '../../testing/docker-policy.ts';
import { sandboxFaults } from '../../testing/docker-sandbox-check.ts';
import { policyFaults } from './caller.ts';
import { judgeBody } from './judge-body.ts';

const custom: NonNullable<RulesInput['custom']> = [
  {
    method: 'GET',
    path: '/containers/{container}/logs',
    query: ['stdout', 'tail'],
    at: 'a.yaml:2:3',
  },
  { method: 'GET', path: '/containers/web/json', unsafeUnscoped: true },
  { method: 'POST', path: '/containers/create', query: ['name'], body: 'template' },
  {
    method: 'POST',
    path: '/containers/{container}/update',
    body: { Memory: [2 ** 30, 2 ** 31], 'RestartPolicy.Name': ['no'] },
  },
  { method: 'GET', path: '/images/{image}/json' },
  { method: 'HEAD', path: '/containers/{container}/archive', query: ['path'] },
];
const policy = examplePolicy('custom', { custom });
const id = 'a'.repeat(64);

test('a rule lets its call pass with its parameters, and says which rule it was', () => {
  assert.deepEqual(policyFaults(policy), []);
  const logs = ask(policy, 'GET', '/v1.41/containers/x/logs?stdout=1&tail=5');
  assert.ok(logs.kind === 'call');
  assert.deepEqual([logs.rule, logs.scoped, logs.answer], ['a.yaml:2:3', true, 'stream']);
  const web = ask(policy, 'GET', '/containers/web/json');
  assert.ok(web.kind === 'call');
  assert.deepEqual([web.rule, web.scoped], ['custom rule 2', false]);
});

test('what no rule names is refused: another method, path, parameter or name', () => {
  const rows: readonly (readonly [method: string, target: string])[] = [
    ['GET', '/containers/x/logs?stdout=1&follow=1'],
    ['POST', '/containers/x/logs'],
    ['GET', '/containers/x/logs/more'],
    ['GET', '/containers/webx/json'],
    ['GET', '/containers/web%2Fjson'],
    ['GET', '/containers/%7Bcontainer%7D/logs'],
    ['POST', '/containers/create?name=openclaw-sbx-1&platform=x'],
    ['GET', '/_ping'],
    ['PUT', '/containers/x/archive?path=%2F'],
    ['GET', '/containers/x/archive?path=%2F'],
  ];
  for (const [method, target] of rows) {
    assert.equal(ask(policy, method, target).kind, 'refusal', `${method} ${target}`);
  }
});

test('a create of a rule is checked by the template', () => {
  const call = ask(policy, 'POST', '/containers/create?name=openclaw-sbx-1');
  assert.ok(call.kind === 'call' && policy.template !== undefined);
  const made = judgeBody(policy, call, Buffer.from(JSON.stringify(createBody(sandboxImage))));
  assert.ok(made.kind === 'body');
  assert.deepEqual(
    sandboxFaults(JSON.parse(made.bytes.toString()), policy.template, 'clincher/gateway'),
    [],
  );
  const root = createBody(sandboxImage, {}, { Privileged: true });
  assert.equal(judgeBody(policy, call, Buffer.from(JSON.stringify(root))).kind, 'refusal');
});

test('a body of listed values holds those and nothing else', () => {
  const call = ask(policy, 'POST', `/containers/${id}/update`);
  assert.ok(call.kind === 'call');
  const judge = (text: string) => judgeBody(policy, call, Buffer.from(text));
  const passed = judge('{ "Memory": 1073741824, "RestartPolicy": {"Name": "no"} }');
  assert.ok(passed.kind === 'body');
  assert.equal(passed.bytes.toString(), '{"Memory":1073741824,"RestartPolicy":{"Name":"no"}}');
  const bad = [
    '{"Memory":1}',
    '{"memory":1073741824}',
    '{"Memory":"1073741824"}',
    '{"Memory":1073741824,"CpuShares":2}',
    '{"RestartPolicy":{"Name":"always"}}',
    '{"RestartPolicy.Name":"no"}',
    '{"Devices":[]}',
    '{"RestartPolicy":{}}',
    '{"Memory":[]}',
    '[]',
    '1',
    '{"__proto__":{}}',
  ];
  for (const text of bad) assert.equal(judge(text).kind, 'refusal', text);
  assert.equal(judge('').kind, 'body', 'nothing asked for');
});
