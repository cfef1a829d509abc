// Bodies of creates and execs, as mutations of valid ones: whatever passes is a sandbox of the
// template, as a checker finds that knows nothing of how it was made.

import assert from 'node:assert/strict';
import { createBody, execBody } from '../docker-attacks/base-bodies.ts';
import { createAttacks } from '../docker-attacks/creates.ts';
import { execAttacks } from '../docker-attacks/execs.ts';
import { examplePolicy, sandboxImage, send } from '../docker-policy.ts';
import { execFaults, sandboxFaults } from '../docker-sandbox-check.ts';
import type { FuzzTarget } from './run.ts';

const policy = examplePolicy('sandbox');
const template = policy.template ?? assert.fail();
const ground = { image: sandboxImage, source: '/home/node/work', target: '/workspace' };

const creates = [
  createBody(sandboxImage),
  { Image: sandboxImage },
  createBody(
    sandboxImage,
    { User: '1000:1000', Labels: { team: 'a' }, Env: ['A=b'], WorkingDir: '/workspace' },
    {
      Binds: ['/home/node/work:/workspace', '/home/node/agents/a:/agent/a:ro'],
      Memory: 2 ** 30,
      Tmpfs: { '/tmp': '' },
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
    },
  ),
  createBody(
    sandboxImage,
    {},
    {
      Mounts: [
        { Type: 'bind', Source: '/home/node/work', Target: '/workspace' },
        { Type: 'tmpfs', Target: '/tmp' },
      ],
    },
  ),
];

type Fields = Record<string, unknown>;

/** Every change that an attack makes, to be put into other bodies and beside one another. */
const changes: readonly (readonly [inHost: boolean, key: string, value: unknown])[] = createAttacks(
  ground,
).flatMap(({ body }) => {
  const asked = fieldsOf(body);
  const base = createBody(sandboxImage);
  return [
    ...differing(asked, base, false),
    ...differing(fieldsOf(asked.HostConfig), fieldsOf(base.HostConfig), true),
  ];
});

function differing(asked: Fields, base: Fields, inHost: boolean) {
  return Object.entries(asked)
    .filter(
      ([key, value]) => key !== 'HostConfig' && JSON.stringify(base[key]) !== JSON.stringify(value),
    )
    .map(([key, value]): readonly [boolean, string, unknown] => [inHost, key, value]);
}

const tokens = [
  '"Privileged":true,',
  'null',
  '{}',
  '[]',
  '"/"',
  ':ro',
  '"',
  ',',
  '\\u0000',
  '"HostConfig":',
  '0',
  '-1',
  '..',
];

export const dockerCreateTarget: FuzzTarget = {
  name: 'docker-create',
  seeds: creates.map((body) => Buffer.from(JSON.stringify(body))),
  tokens: tokens.map((token) => Buffer.from(token)),
  weight: 2,
  check(input, below) {
    const text = mutatedBody(input.toString(), below);
    const verdict = send(policy, 'create', text);
    if (verdict.kind === 'refusal') return verdict.reason;
    const sent: unknown = JSON.parse(verdict.bytes.toString());
    assert.deepEqual(sandboxFaults(sent, template, 'clincher/gateway'), [], text);
    return 'a sandbox';
  },
};

export const dockerExecTarget: FuzzTarget = {
  name: 'docker-exec',
  seeds: [execBody(), ...execAttacks.map(({ body, text }) => text ?? body)].map((body) =>
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  ),
  tokens: [...tokens, '"User":"root"', '"LD_PRELOAD=x"', 'true'].map((token) => Buffer.from(token)),
  weight: 1,
  check(input) {
    const verdict = send(policy, 'exec-create', input.toString());
    if (verdict.kind === 'refusal') return verdict.reason;
    const sent: unknown = JSON.parse(verdict.bytes.toString());
    assert.deepEqual(execFaults(sent, template), [], input.toString());
    return 'an exec';
  },
};

/** What is still JSON is changed as JSON too: most changes of bytes end at its reader. */
function mutatedBody(text: string, below: (below: number) => number): string {
  let body: Fields;
  try {
    body = fieldsOf(JSON.parse(text));
  } catch {
    if (below(4) === 0) return text;
    body = fieldsOf(creates[below(creates.length)]);
  }
  const host = fieldsOf(body.HostConfig);
  for (let left = below(3); left > 0; left -= 1) {
    const [inHost, key, value] = changes[below(changes.length)] ?? assert.fail();
    const place = below(8) === 0 ? !inHost : inHost;
    (place ? host : body)[mutatedKey(key, below)] =
      below(6) === 0 ? mutatedValue(value, below) : value;
  }
  return JSON.stringify({ ...body, HostConfig: host });
}

function mutatedKey(key: string, below: (below: number) => number): string {
  if (below(10) > 0) return key;
  const at = below(key.length);
  const char = key[at] ?? '';
  return `${key.slice(0, at)}${char.toLowerCase()}${key.slice(at + 1)}`;
}

function mutatedValue(value: unknown, below: (below: number) => number): unknown {
  const values = [
    null,
    '',
    0,
    1,
    -1,
    true,
    [],
    {},
    [value],
    { a: value },
    String(value),
    [String(value)],
  ];
  return values[below(values.length)];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
