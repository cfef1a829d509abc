// The words of `clincher why`, whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOptions } from '../testing/example-options.ts';
import type { StackOptions } from './options.ts';
import { standardTopology } from './standard.ts';
import { why } from './why.ts';

const at = { file: 'clincher.yaml', line: 9, column: 5 };
const ask = (from: string, to: string, change: Partial<StackOptions> = {}) =>
  why(standardTopology(exampleOptions(change)), from, to);

test('a direct edge is told with its purpose and its place', () => {
  const answer = ask('gateway', 'llm');
  assert.equal(answer.reaches, 'directly');
  assert.deepEqual(answer.lines, [
    'gateway reaches llm.',
    '  gateway -> llm (api): language models, metered and without a provider key ' +
      '[clincher.yaml (default)]',
  ]);
});

test('a way through others names them, and the hosts it is for', () => {
  const answer = ask('gateway', 'internet');
  assert.equal(answer.reaches, 'through');
  assert.deepEqual(answer.lines, [
    'gateway reaches internet, through llm and egress.',
    '  gateway -> llm (api): language models, metered and without a provider key ' +
      '[clincher.yaml (default)]',
    "  llm -> egress (proxy): the providers' hosts [clincher.yaml:3:3]",
    '  egress -> internet (tcp): the one way out [clincher.yaml (default)]',
    '    for these hosts alone: api.anthropic.com:443',
  ]);
});

test('a missing edge is told with who has one, and the line that would allow it', () => {
  const answer = ask('llm', 'gateway');
  assert.equal(answer.reaches, 'no');
  assert.deepEqual(answer.lines, [
    'llm does not reach gateway.',
    '  No edge is declared from llm to gateway.',
    '  Edges to gateway: ingress -> gateway (http) and metrics -> gateway (admin).',
    '  llm reaches egress and internet.',
    '  To allow it: edges: [{ from: llm, to: gateway, port: http }]',
  ]);
});

test('a host is asked for by its name', () => {
  assert.equal(ask('llm', 'api.anthropic.com').reaches, 'through');
  assert.equal(ask('llm', 'API.anthropic.com').reaches, 'through');
  assert.deepEqual(ask('llm', 'example.com').lines, [
    'llm does not reach example.com.',
    '  The one way out is egress, for named hosts of named callers.',
    '  llm may reach api.anthropic.com:443 there.',
    '  To allow it: egress: { rules: [{ caller: llm, hosts: [example.com] }] }',
  ]);
});

test('a host that only one of several ways out is for is found by that way', () => {
  const rule = { caller: 'gateway', hosts: ['api.telegram.org'], ports: [443], at };
  const egress = { ...exampleOptions().egress, rules: [rule] };
  const through = (host: string) =>
    ask('gateway', host, { egress }).paths.map(([first]) => first?.to);
  assert.deepEqual(through('api.telegram.org'), ['egress']);
  assert.deepEqual(through('api.anthropic.com'), ['llm']);
});

test('a wildcard stands for one label and no more', () => {
  const rule = { caller: 'gateway', hosts: ['*.example.com'], ports: [443], at };
  const egress = { ...exampleOptions().egress, rules: [rule] };
  const reaches = (host: string) => ask('gateway', host, { egress }).reaches;
  assert.equal(reaches('a.example.com'), 'through');
  assert.equal(reaches('a.b.example.com'), 'no');
  assert.equal(reaches('example.com'), 'no');
  assert.equal(reaches('evilexample.com'), 'no');
});

test('two stars stand for any number of labels, a mode for every host, and a list for everyone', () => {
  const egress = (more: object, hosts = ['**.example.com']) => ({
    ...exampleOptions().egress,
    rules: [{ caller: 'gateway', hosts, ports: [443], at, ...more }],
    globalAllow: ['time.example'],
  });
  const reaches = (host: string, more = {}) =>
    ask('gateway', host, { egress: egress(more) }).reaches;
  assert.equal(reaches('a.example.com'), 'through');
  assert.equal(reaches('b.a.example.com'), 'through');
  assert.equal(reaches('example.com'), 'no');
  assert.equal(reaches('evilexample.com'), 'no');
  assert.equal(reaches('time.example'), 'through');
  assert.equal(reaches('other.example', { mode: 'report' }), 'through');
  assert.equal(reaches('other.example', { mode: 'open', unsafeOpen: true }), 'through');
  assert.equal(reaches('other.example', { mode: 'open' }), 'no');
  assert.equal(reaches('other.example', { mode: 'enforce' }), 'no');
});

test('who has no edge to egress is told so', () => {
  assert.deepEqual(ask('metrics', 'internet').lines, [
    'metrics does not reach internet.',
    '  The one way out is egress, for named hosts of named callers.',
    '  metrics has no edge to egress; llm has.',
    '  To allow it: egress: { rules: [{ caller: metrics, hosts: [HOST] }] }',
  ]);
});

test('a name that is nothing here lists what there is', () => {
  assert.throws(() => ask('gatewy', 'llm'), { code: 'unknown-service', message: /no gatewy/ });
  assert.throws(() => ask('gateway', 'redis'), { code: 'unknown-service' });
});
