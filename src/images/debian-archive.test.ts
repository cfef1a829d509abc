// Packages of the distribution: what apt is asked, in which folders, and what is said where there
// is no apt. apt is played here; the set-up of the tests has used the real one by then.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommandOutput } from '../kit/run-command.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { openArchive } from './debian-archive.ts';

const targets = [
  'http://archive.example/debian/ bookworm main',
  'http://archive.example/debian/ bookworm-updates main',
  'http://archive.example/security/ bookworm-security main',
  'http://archive.example/debian/ bookworm contrib',
  'http://stranger.example/apt/ stable main',
].join('\n');
const simulated = [
  'Inst libc6 (2.41-12 Debian:13/stable [amd64])',
  'Inst redis-server (5:8.0.2-3 Debian:13/stable, Debian-Security:13/stable [amd64])',
  'Inst media-types (13.0.0 Debian:13/stable [all])',
  'Conf libc6 (2.41-12 Debian:13/stable [amd64])',
].join('\n');
const fine = (stdout: string): CommandOutput => ({ code: 0, stdout, tail: stdout });

function playedApt(
  answer: (argv: readonly string[]) => CommandOutput | undefined = () => undefined,
) {
  const ran: (readonly string[])[] = [];
  const run = async (argv: readonly string[]) => {
    ran.push(argv);
    const usual = argv.includes('indextargets') ? targets : simulated;
    return answer(argv) ?? fine(usual);
  };
  return { run, ran };
}

/** A machine of that distribution, and what its archive then is. */
function opened(dir: string, about: string, apt: ReturnType<typeof playedApt>) {
  const osRelease = join(dir, 'os-release');
  writeFileSync(osRelease, about);
  return openArchive({ folder: dir, run: apt.run, suite: 'trixie', osRelease });
}

const debian = 'ID=debian\nVERSION_CODENAME=bookworm\n';

test('packages come with all they depend on, from the machine’s own archive alone', async () => {
  using dir = tempDir();
  const apt = playedApt();
  const archive = await opened(dir.path, debian, apt);
  const file = (name: string) => join(dir.path, 'trixie/archives', name);
  assert.deepEqual(await archive.fetch(['redis-server']), [
    {
      name: 'libc6',
      version: '2.41-12',
      architecture: 'amd64',
      file: file('libc6_2.41-12_amd64.deb'),
    },
    {
      name: 'media-types',
      version: '13.0.0',
      architecture: 'all',
      file: file('media-types_13.0.0_all.deb'),
    },
    {
      ...{ name: 'redis-server', version: '5:8.0.2-3', architecture: 'amd64' },
      file: file('redis-server_5%3a8.0.2-3_amd64.deb'),
    },
  ]);
  const sources = readFileSync(join(dir.path, 'trixie/sources.list'), 'utf8');
  assert.deepEqual(
    sources
      .trim()
      .split('\n')
      .map((line) => line.replace(/ \[signed-by=[^\]]+\]/, '')),
    [
      'deb http://archive.example/debian/ trixie main',
      'deb http://archive.example/debian/ trixie-updates main',
      'deb http://archive.example/security/ trixie-security main',
    ],
  );
  const [, update, ...installs] = apt.ran;
  assert.equal(update?.at(-1), 'update');
  assert.deepEqual(
    installs.map((argv) => argv.slice(-3)),
    [
      ['install', '--simulate', 'redis-server'],
      ['install', '--download-only', 'redis-server'],
    ],
  );
});

test('nothing of this machine’s own packages is read or written', async () => {
  using dir = tempDir();
  const apt = playedApt();
  await (await opened(dir.path, debian, apt)).fetch(['redis-server']);
  const folder = join(dir.path, 'trixie');
  for (const argv of apt.ran.slice(1)) {
    for (const option of [
      `Dir::State=${folder}`,
      `Dir::State::status=${folder}/status`,
      `Dir::Cache=${folder}`,
      `Dir::Etc::sourcelist=${folder}/sources.list`,
      'Dir::Etc::sourceparts=/dev/null',
    ]) {
      assert.ok(argv.includes(option), option);
    }
  }
});

test('what is made from Debian has its own suite', async () => {
  using dir = tempDir();
  const apt = playedApt();
  await opened(dir.path, 'ID=ubuntu\nVERSION_CODENAME=bookworm\n', apt);
  assert.match(
    readFileSync(join(dir.path, 'bookworm/sources.list'), 'utf8'),
    / bookworm-updates main$/m,
  );
});

const failures: readonly (readonly [string, string, CommandOutput | undefined, RegExp])[] = [
  ['another distribution', 'ID=alpine\n', undefined, /neither Debian/],
  ['no apt', debian, { code: 127, stdout: '', tail: '' }, /no apt on this machine/],
  ['no network', debian, { code: 100, stdout: '', tail: 'Could not resolve' }, /100:\nCould not/],
  ['no source of its own suite', debian, fine(''), /no source of bookworm/],
];

for (const [name, about, answer, says] of failures) {
  test(`it is said why there are no packages: ${name}`, async () => {
    using dir = tempDir();
    await assert.rejects(
      opened(
        dir.path,
        about,
        playedApt(() => answer),
      ),
      {
        code: 'packages-unavailable',
        message: says,
      },
    );
  });
}
