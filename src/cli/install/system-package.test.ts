// Installing packages of the system: with its own package manager where we may, one clear line
// where not.

import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommandResult } from '../../kit/run-command.ts';
import { type TempDir, tempDir } from '../../testing/temp-dir.ts';
import { bubblewrap, sshSandboxPackages } from './packages.ts';
import { ensurePackage } from './system-package.ts';

function programs(dir: TempDir, ...names: readonly string[]): void {
  for (const name of names) {
    writeFileSync(join(dir.path, name), '#!/bin/sh\n');
    chmodSync(join(dir.path, name), 0o755);
  }
}

function worldIn(dir: TempDir, isRoot: boolean, answer: (argv: string) => CommandResult) {
  const ran: string[] = [];
  const said: string[] = [];
  const world = {
    path: `/nonexistent::${dir.path}`,
    isRoot,
    run: async (argv: readonly string[]) => {
      ran.push(argv.join(' '));
      return answer(argv.join(' '));
    },
    say: (text: string) => void said.push(text),
  };
  return { world, ran, said };
}

const fine = { code: 0, tail: '' };
const aptInstall = 'apt-get install -y bubblewrap';

test('where bwrap is there, nothing is run', async () => {
  using dir = tempDir();
  programs(dir, 'bwrap', 'apt-get');
  const { world, ran } = worldIn(dir, true, () => fine);
  assert.equal(await ensurePackage(world, bubblewrap), false);
  assert.deepEqual(ran, []);
});

test('root has it installed, and is told how', async () => {
  using dir = tempDir();
  programs(dir, 'apt-get');
  const { world, ran, said } = worldIn(dir, true, () => {
    programs(dir, 'bwrap');
    return fine;
  });
  assert.equal(await ensurePackage(world, bubblewrap), true);
  assert.deepEqual(ran, [aptInstall]);
  assert.deepEqual(said, [aptInstall]);
});

test('missing package lists are fetched, once', async () => {
  using dir = tempDir();
  programs(dir, 'apt-get');
  let updated = false;
  const { world, ran } = worldIn(dir, true, (argv) => {
    if (argv === 'apt-get update') updated = true;
    else if (!updated) return { code: 100, tail: 'E: Unable to locate package' };
    else programs(dir, 'bwrap');
    return fine;
  });
  assert.equal(await ensurePackage(world, bubblewrap), true);
  assert.deepEqual(ran, [aptInstall, 'apt-get update', aptInstall]);
});

for (const [manager, command] of [
  ['apt-get', 'sudo apt-get install -y bubblewrap'],
  ['dnf', 'sudo dnf install -y bubblewrap'],
  ['apk', 'sudo apk add bubblewrap'],
  ['pacman', 'sudo pacman -S --noconfirm bubblewrap'],
  ['none', 'Please install the package bubblewrap.'],
] as const) {
  test(`an ordinary user is told the one command (${manager}), and nothing is run`, async () => {
    using dir = tempDir();
    programs(dir, manager);
    const { world, ran } = worldIn(dir, false, () => fine);
    await assert.rejects(ensurePackage(world, bubblewrap), {
      code: 'bubblewrap-missing',
      fix: command,
    });
    assert.deepEqual(ran, []);
  });
}

test('an installation that fails is told with its last lines', async () => {
  using dir = tempDir();
  programs(dir, 'dnf');
  const { world } = worldIn(dir, true, () => ({ code: 1, tail: 'no space left' }));
  await assert.rejects(ensurePackage(world, bubblewrap), {
    code: 'install-failed',
    message: /no space left/,
  });
});

test('a package manager that says it is done and is not, is not believed', async () => {
  using dir = tempDir();
  programs(dir, 'apk');
  const { world } = worldIn(dir, true, () => fine);
  await assert.rejects(ensurePackage(world, bubblewrap), { code: 'install-failed' });
});

test('a package is asked for by the name that the package manager has for it', async () => {
  const [ssh] = sshSandboxPackages;
  assert.ok(ssh !== undefined);
  for (const [manager, command] of [
    ['apt-get', 'apt-get install -y openssh-client'],
    ['dnf', 'dnf install -y openssh-clients'],
    ['pacman', 'pacman -S --noconfirm openssh'],
  ] as const) {
    using dir = tempDir();
    programs(dir, manager);
    const elsewhere = { ...ssh, path: dir.path };
    const { world } = worldIn(dir, false, () => fine);
    await assert.rejects(ensurePackage(world, elsewhere), {
      code: 'program-missing',
      fix: `sudo ${command}`,
    });
  }
});
