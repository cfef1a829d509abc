// Secret references: where each kind is looked up, and that what is missing is said without a
// value.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultPlace } from '../../kit/place.ts';
import { Secret } from '../../kit/secret.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import type { SecretSource } from '../../topology/model.ts';
import { resolveSecrets } from './resolve.ts';
import { secretStore } from './store.ts';

async function resolveIn(dir: string, source: SecretSource, variables = {}) {
  const generated = secretStore(join(dir, 'generated'));
  const stored = secretStore(join(dir, 'stored'));
  await generated.write('token', new Secret('made'));
  await stored.write('anthropic', new Secret('put there'));
  const declaration = { name: 'token', kind: 'provider-key' as const, source, at: defaultPlace() };
  return resolveSecrets([declaration], { variables, baseDir: dir, generated, stored });
}

test('each kind of reference is looked up where it says', async () => {
  using dir = tempDir();
  await writeFile(join(dir.path, 'key.txt'), '  from a file\n');
  const rows: readonly [SecretSource, string][] = [
    [{ kind: 'env', variable: 'KEY' }, 'from the environment'],
    [{ kind: 'file', path: 'key.txt' }, 'from a file'],
    [{ kind: 'file', path: join(dir.path, 'key.txt') }, 'from a file'],
    [{ kind: 'store', key: 'anthropic' }, 'put there'],
    [{ kind: 'generated' }, 'made'],
  ];
  for (const [source, value] of rows) {
    const { values, missing } = await resolveIn(dir.path, source, {
      KEY: 'from the environment\n',
    });
    assert.equal(values.get('token')?.reveal(), value);
    assert.deepEqual(missing, []);
  }
});

test('marks are made of what the others are now, and of what has none there is none', async () => {
  using dir = tempDir();
  const drawn = (letter: string) => `${letter}q7ZrLm-9xKe2WvB4Tn8YsPd3GhJ6Kc1Rf5Ua0Xi_oE`;
  const of = [
    { name: 'cloudflare-token', source: { kind: 'env', variable: 'CF' } },
    { name: 'password', source: { kind: 'env', variable: 'PW' } },
    { name: 'absent', source: { kind: 'store', key: 'absent' } },
  ] as const;
  const marks = async (variables: Record<string, string>) =>
    (await resolveIn(dir.path, { kind: 'marks', of }, variables)).values.get('token')?.reveal();
  const before = await marks({ CF: drawn('a'), PW: 'correct horse battery staple, for ever' });
  assert.deepEqual(JSON.parse(before ?? ''), [
    { name: 'cloudflare-token', mark: 'e2WvB4Tn8YsPd3Gh', kind: 'token' },
  ]);
  assert.notEqual(await marks({ CF: drawn('a').toUpperCase() }), before);
  assert.equal(await marks({}), '[]');
});

const absent: readonly [string, SecretSource, RegExp][] = [
  ['a variable that is not set', { kind: 'env', variable: 'KEY' }, /KEY is not set/],
  ['a variable that is empty', { kind: 'env', variable: 'EMPTY' }, /EMPTY is empty/],
  [
    'a file that is not there',
    { kind: 'file', path: 'no.txt' },
    /no\.txt cannot be read \(ENOENT\)/,
  ],
  ['a folder', { kind: 'file', path: '.' }, /cannot be read \(EISDIR\)/],
  ['an empty file', { kind: 'file', path: 'empty.txt' }, /empty\.txt is empty/],
  ['a file too large to be a secret', { kind: 'file', path: 'large.txt' }, /too large/],
  ['a name that is not stored', { kind: 'store', key: 'openai' }, /store:openai is not set/],
];

for (const [name, source, says] of absent) {
  test(`${name} is missing, and what to do is said`, async () => {
    using dir = tempDir();
    await writeFile(join(dir.path, 'empty.txt'), '\n');
    await writeFile(join(dir.path, 'large.txt'), 'x'.repeat(100_000));
    const { values, missing } = await resolveIn(dir.path, source, { EMPTY: ' ' });
    assert.equal(values.size, 0);
    assert.match(missing[0]?.message ?? '', says);
    assert.notEqual(missing[0]?.fix, '');
  });
}
