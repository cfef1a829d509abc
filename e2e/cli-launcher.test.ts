// The launcher: finds the right Node or says what to do, from anywhere, by a link, in a path with
// spaces.

import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { launcher, plainEnvironment, run } from '../src/testing/run-program.ts';
import { type TempDir, tempDir } from '../src/testing/temp-dir.ts';

/** A checkout whose dependencies are installed, and whose program prints what it was given. */
function checkoutIn(dir: TempDir, name = 'my checkout'): string {
  const root = join(dir.path, name);
  for (const folder of ['src/cli', 'node_modules'])
    mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(launcher, join(root, 'clincher'));
  chmodSync(join(root, 'clincher'), 0o755);
  const say = 'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(1)]));';
  writeFileSync(join(root, 'src/cli/main.ts'), say);
  writeFileSync(join(root, 'script.ts'), `${say}\nprocess.exitCode = 7;`);
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(root, 'node_modules/.clincher-installed'), '{}');
  return root;
}

/** A search path with the shell's tools and these programs, each a script that says one line. */
function pathWith(dir: TempDir, programs: Readonly<Record<string, string>>): string {
  const bin = join(dir.path, 'bin');
  mkdirSync(bin);
  for (const tool of ['dirname', 'readlink', 'cmp', 'uname', 'mkdir', 'sh', 'flock', 'rm', 'cp']) {
    symlinkSync(join('/usr/bin', tool), join(bin, tool));
  }
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

test('arguments arrive as they were given, from any folder, by a chain of links', async () => {
  using dir = tempDir();
  const root = checkoutIn(dir);
  symlinkSync('my checkout/clincher', join(dir.path, 'relative link'));
  symlinkSync(join(dir.path, 'relative link'), join(dir.path, 'link'));
  const { code, stdout, stderr } = await run([join(dir.path, 'link'), 'a b', '', "it's", '$HOME'], {
    cwd: '/',
  });
  assert.equal(code, 0, stderr);
  const said = JSON.parse(stdout);
  assert.deepEqual(said, ['/', join(root, 'src/cli/main.ts'), 'a b', '', "it's", '$HOME']);
});

test('a script of ours is run with its arguments, and its exit code is handed on', async () => {
  using dir = tempDir();
  const root = checkoutIn(dir);
  const { code, stdout } = await run([join(root, 'clincher'), '--run-script', 'script.ts', 'x y']);
  assert.equal(code, 7);
  assert.deepEqual(JSON.parse(stdout).slice(1), [join(root, 'script.ts'), 'x y']);
});

/**
 * What `node --version` may say, and whether that Node will do: OpenClaw takes these and no others.
 */
const versions: readonly (readonly [string, boolean])[] = [
  ['v18.0.0', false],
  ['v20.20.2', false],
  ['v24.15.9', false],
  ['v24.16.0', true],
  ['v24.21.0', true],
  ['v25.9.0', false],
  ['v26.0.0', false],
  ['v26.1.0', true],
  ['v27.0.0', true],
  ['nonsense', false],
  ['', false],
];

for (const [version, good] of versions) {
  test(`Node ${version || 'that says nothing'} ${good ? 'is taken' : 'is not taken'}`, async () => {
    using dir = tempDir();
    const root = checkoutIn(dir);
    const answer = `[ "$1" = --version ] && echo "${version}" || echo started`;
    const PATH = pathWith(dir, { node: answer });
    const { code, stdout, stderr } = await run(['/bin/sh', join(root, 'clincher'), 'up'], {
      env: { PATH, HOME: dir.path },
    });
    assert.equal(code, good ? 0 : 3, stderr);
    assert.equal(stdout, good ? 'started\n' : '');
    if (!good) assert.match(stderr, /there is no npm.*\n {2}Install Node\.js 24 with npm/);
  });
}

test('with no Node and no npm at all it says so, and how to get them', async () => {
  using dir = tempDir();
  const root = checkoutIn(dir);
  const { code, stderr } = await run(['/bin/sh', join(root, 'clincher')], {
    env: { PATH: pathWith(dir, {}) },
  });
  assert.equal(code, 3);
  assert.match(stderr, /Node\.js found: none/);
  assert.match(stderr, /sudo apt-get install -y npm/);
});

test('dependencies are installed when the lock file has changed, once for two at once', async () => {
  using dir = tempDir();
  const root = checkoutIn(dir);
  writeFileSync(join(root, 'package-lock.json'), '{"changed":true}');
  const npm = `[ "$1" = --version ] && exit 0; printf . >> "${dir.path}/npm-ran"`;
  const PATH = `${pathWith(dir, { npm, cat: 'exec /bin/cat "$@"' })}:${dirname(process.execPath)}`;
  const start = () => run(['/bin/sh', join(root, 'clincher')], { env: { PATH, HOME: dir.path } });
  const outcomes = await Promise.all([start(), start()]);
  for (const { code, stderr } of outcomes) assert.equal(code, 0, stderr);
  // The one that comes late may find them there already.
  assert.match(outcomes.map(({ stderr }) => stderr).join(''), /installing the dependencies/);
  const { stdout } = await run(['/bin/cat', join(dir.path, 'npm-ran')]);
  assert.equal(stdout, '.');
  assert.equal((await start()).stderr, '', 'the third time there is nothing to do');
});

test('an installation that fails is told, and is tried again the next time', async () => {
  using dir = tempDir();
  const root = checkoutIn(dir);
  writeFileSync(join(root, 'package-lock.json'), '{"changed":true}');
  const npm = '[ "$1" = --version ] || { echo "npm error: no route" >&2; exit 1; }';
  const PATH = `${pathWith(dir, { npm })}:${dirname(process.execPath)}`;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { code, stderr } = await run(['/bin/sh', join(root, 'clincher')], { env: { PATH } });
    assert.equal(code, 3);
    assert.match(stderr, /no route\nclincher: npm could not install the dependencies/);
  }
});

test('the program starts with a home folder that cannot be written', async () => {
  const { code, stdout } = await run([launcher, '--version'], {
    env: plainEnvironment({ HOME: '/proc/nowhere' }),
  });
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});
