// Bodies of creates, as mutations of valid ones, for one image and one folder: changed as bytes,
// and as JSON by what every attack changes.

import assert from 'node:assert/strict';
import { createBody } from '../docker-attacks/base-bodies.ts';
import { createAttacks } from '../docker-attacks/creates.ts';
import { mutated } from './mutate.ts';
import type { Random } from './random.ts';

export interface BodyGround {
  readonly image: string;
  /** A folder that a sandbox may have, and where. */
  readonly source: string;
  readonly target: string;
}

export interface CreateBodies {
  readonly seeds: readonly Buffer[];
  /** Changes of JSON, in what other changes have left. */
  changed(text: string, below: (below: number) => number): string;
  /** Both kinds of changes. */
  mutated(random: Random): string;
}

export function createBodies(ground: BodyGround): CreateBodies {
  const bodies = validBodies(ground);
  const changes = changesOf(ground);
  const seeds = bodies.map((body) => Buffer.from(JSON.stringify(body)));
  const changed = (text: string, below: (below: number) => number) =>
    changedBody(text, bodies, changes, below);
  return {
    ...{ seeds, changed },
    mutated: (random) => changed(mutated(random, seeds, bodyTokens).toString(), random.below),
  };
}

function validBodies({ image, source, target }: BodyGround): readonly Fields[] {
  return [
    createBody(image),
    { Image: image },
    createBody(
      image,
      { User: '1000:1000', Labels: { team: 'a' }, Env: ['A=b'], WorkingDir: target },
      {
        Binds: [`${source}:${target}`, '/home/node/agents/a:/agent/a:ro'],
        Memory: 2 ** 30,
        Tmpfs: { '/tmp': '' },
        Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
      },
    ),
    createBody(
      image,
      {},
      {
        Mounts: [
          { Type: 'bind', Source: source, Target: target },
          { Type: 'tmpfs', Target: '/tmp' },
        ],
      },
    ),
  ];
}

type Fields = Record<string, unknown>;

type Change = readonly [inHost: boolean, key: string, value: unknown];

/** Every change that an attack makes, to be put into other bodies and beside one another. */
function changesOf(ground: BodyGround): readonly Change[] {
  const base = createBody(ground.image);
  return createAttacks(ground).flatMap(({ body }) => {
    const asked = fieldsOf(body);
    return [
      ...differing(asked, base, false),
      ...differing(fieldsOf(asked.HostConfig), fieldsOf(base.HostConfig), true),
    ];
  });
}

function differing(asked: Fields, base: Fields, inHost: boolean) {
  return Object.entries(asked)
    .filter(
      ([key, value]) => key !== 'HostConfig' && JSON.stringify(base[key]) !== JSON.stringify(value),
    )
    .map(([key, value]): Change => [inHost, key, value]);
}

export const bodyTokens: readonly Buffer[] = [
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
].map((token) => Buffer.from(token));

/** What is still JSON is changed as JSON too: most changes of bytes end at its reader. */
function changedBody(
  text: string,
  creates: readonly Fields[],
  changes: readonly Change[],
  below: (below: number) => number,
): string {
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
