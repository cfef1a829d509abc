// What is said when Docker cannot be used: each way it fails is told from the others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandOutput } from '../kit/run-command.ts';
import { smallImage } from '../testing/small-image.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { buildImage } from './build-image.ts';
import { loadIntoDocker } from './docker.ts';
import { pullPinned } from './pull.ts';
import { ImageStore } from './store.ts';

const fine = (stdout: string): CommandOutput => ({ code: 0, stdout, tail: stdout });
const failed = (code: number, tail: string): CommandOutput => ({ code, stdout: '', tail });
const noImage = failed(1, 'Error: No such image: clincher/roles');

/** Answers each docker command by its first word. */
function docker(answers: Readonly<Record<string, CommandOutput>>) {
  const ran: string[] = [];
  const run = async (argv: readonly string[]) => {
    ran.push(argv.join(' '));
    return answers[argv[1] ?? ''] ?? failed(1, 'not in this test');
  };
  return { run, ran };
}

const ways: readonly (readonly [
  name: string,
  answers: Readonly<Record<string, CommandOutput>>,
  code: string,
  says: RegExp,
])[] = [
  ['there is none', { version: failed(127, '') }, 'docker-unreachable', /not installed/],
  [
    'its socket is not for this user',
    { version: failed(1, 'permission denied while trying to connect to the daemon socket') },
    'docker-unreachable',
    /may not use Docker/,
  ],
  [
    'it does not run',
    { version: failed(1, 'Cannot connect to the Docker daemon') },
    'docker-unreachable',
    /no Docker daemon answers/,
  ],
  ['it does not answer', { version: failed(124, '') }, 'docker-unreachable', /in time/],
  [
    'its disk is full',
    {
      version: fine('amd64\n'),
      image: noImage,
      load: failed(1, 'write /x: no space left on device'),
    },
    'disk-full',
    /disk is full/,
  ],
  [
    'it has another image than was loaded',
    { version: fine('amd64\n'), image: fine(`sha256:${'0'.repeat(64)}\n`), load: fine('') },
    'image-changed',
    /another clincher\/roles:/,
  ],
];

for (const [name, answers, code, says] of ways) {
  test(`loading says so when Docker fails: ${name}`, async () => {
    using dir = tempDir();
    const store = new ImageStore(dir.path);
    await buildImage(smallImage('roles', { '/a': 'a' }), 'amd64', store);
    await assert.rejects(loadIntoDocker(store, ['roles'], docker(answers)), {
      code,
      message: says,
    });
  });
}

test('a name without a digest never reaches Docker, nor does one that looks like an option', async () => {
  for (const name of ['redis', 'redis:7', 'redis@sha256:12', `--x@sha256:${'0'.repeat(64)}`]) {
    const world = docker({});
    await assert.rejects(pullPinned(name, world), { code: 'usage' }, name);
    assert.deepEqual(world.ran, [], name);
  }
});

test('a pull after which Docker has it under another digest is refused', async () => {
  const pinned = `r.example/redis@sha256:${'1'.repeat(64)}`;
  const other = fine(`sha256:${'2'.repeat(64)} r.example/redis@sha256:${'3'.repeat(64)}\n`);
  const world = docker({ version: fine('20.10'), pull: fine(''), image: other });
  await assert.rejects(pullPinned(pinned, world), { code: 'image-changed' });
});
