// Installing the agent: whole or not at all, beside what is there, and resumable. npm is played
// here; `npm test` itself has installed the real one by then.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunCommand } from '../../kit/run-command.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { ensureNpmPackage, npmPackageInstalled, progressText } from './npm-package.ts';
import { openclawPackage } from './openclaw.ts';

const version = '2026.9.6';

interface Ran {
  readonly argv: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

function installer(cacheDir: string, npm: (cwd: string) => number, variables = {}) {
  const ran: Ran[] = [];
  const run: RunCommand = async (argv, options = {}) => {
    const { cwd = '', env = {} } = options;
    ran.push({ argv: argv.join(' '), cwd, env });
    return { code: argv[0] === 'npm' ? npm(cwd) : 0, tail: 'what npm said' };
  };
  const install = () =>
    ensureNpmPackage(openclawPackage(version), {
      cacheDir,
      node: '/opt/node/bin/node',
      variables: { PATH: '/usr/bin', ...variables },
      run,
      update: () => undefined,
    });
  return { install, ran };
}

function putPackage(cwd: string): number {
  const dir = join(cwd, 'node_modules', 'openclaw');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ version }));
  return 0;
}

test('npm is asked for the pinned version, with no script but the agent’s own, on our Node', async () => {
  using dir = tempDir();
  const { install, ran } = installer(dir.path, putPackage);
  assert.equal(await install(), true);
  assert.match(ran[0]?.argv ?? '', /^npm install openclaw@2026\.9\.6 .*--ignore-scripts/);
  assert.match(ran[0]?.env.PATH ?? '', /^\/opt\/node\/bin:/);
  assert.equal(ran[1]?.argv, '/opt/node/bin/node scripts/postinstall-bundled-plugins.mjs');
  assert.equal(await npmPackageInstalled(dir.path, openclawPackage(version)), true);
  assert.deepEqual(readdirSync(dir.path), [`openclaw-${version}`], 'nothing unfinished is left');
});

test('what is installed is not installed again', async () => {
  using dir = tempDir();
  await installer(dir.path, putPackage).install();
  const { install, ran } = installer(dir.path, putPackage);
  assert.equal(await install(), false);
  assert.deepEqual(ran, []);
});

test('an installation that fails leaves nothing that looks finished, and says what npm said', async () => {
  using dir = tempDir();
  const { install } = installer(dir.path, (cwd) => putPackage(cwd) + 1);
  await assert.rejects(install(), { code: 'agent-missing', message: /what npm said/ });
  assert.equal(await npmPackageInstalled(dir.path, openclawPackage(version)), false);
  assert.equal(existsSync(join(dir.path, `openclaw-${version}`)), false);
});

test('what a killed run left behind is removed; what another run is making is not', async () => {
  using dir = tempDir();
  const abandoned = join(dir.path, `openclaw-${version}.new-4194999`);
  const others = join(dir.path, `openclaw-${version}.new-1`);
  for (const each of [abandoned, others]) mkdirSync(each);
  await installer(dir.path, putPackage).install();
  assert.equal(existsSync(abandoned), false);
  assert.equal(existsSync(others), true);
});

test('of two at once, the second takes what the first has finished', async () => {
  using dir = tempDir();
  const { install } = installer(dir.path, (cwd) => {
    putPackage(join(dir.path, `openclaw-${version}`));
    return putPackage(cwd);
  });
  assert.equal(await install(), true);
  assert.deepEqual(readdirSync(dir.path), [`openclaw-${version}`]);
});

test('npm gets a cache of ours where the home folder cannot be written', async () => {
  using dir = tempDir();
  const { install, ran } = installer(dir.path, putPackage, { HOME: '/proc/nowhere' });
  await install();
  assert.equal(ran[0]?.env.npm_config_cache, join(dir.path, 'npm'));
});

test('the bar fills with the folder and never says done before it is', () => {
  assert.equal(progressText(0, 650), '░░░░░░░░░░░░░░░░░░░░ 0 % (0 of about 650 MB)');
  assert.equal(progressText(325e6, 650), '██████████░░░░░░░░░░ 50 % (325 of about 650 MB)');
  assert.match(progressText(2_000e6, 650), / 99 % /);
});
