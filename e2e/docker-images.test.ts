// The images that are made here, in a real Docker daemon: what is in them and what is not, that
// they run with nothing but what a service needs, and that they are the same wherever they are
// made.

import assert from 'node:assert/strict';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { ensureImage, imageStore } from '../src/cli/image/own.ts';
import { roles } from '../src/cli/roles.ts';
import { buildImage } from '../src/images/build-image.ts';
import { loadIntoDocker } from '../src/images/docker.ts';
import type { BuiltImage } from '../src/images/image.ts';
import { rolesImage } from '../src/images/roles-image.ts';
import { ImageStore } from '../src/images/store.ts';
import { runCommand } from '../src/kit/run-command.ts';
import {
  type DockerDaemon,
  dockerEnvironment,
  dockerSkip,
  startDockerDaemon,
} from '../src/testing/docker-daemon.ts';
import { run } from '../src/testing/run-program.ts';
import { checkout } from '../src/testing/source-tree.ts';
import { tempDir } from '../src/testing/temp-dir.ts';
import type { OwnImage } from '../src/topology/own-images.ts';

const rolesBytesMax = 150e6;
/** `npm test` fetches the packages of the last three before it goes into its network. */
const names = ['roles', 'redis', 'nginx', 'sandbox'] as const satisfies readonly OwnImage[];
const store = imageStore();
const confined = [
  ...['--rm', '--read-only', '--network=none', '--cap-drop=ALL', '--memory=512m'],
  ...['--pids-limit=64', '--security-opt=no-new-privileges', '--tmpfs=/tmp'],
];
const shells = /(?:^|\/)(?:sh|bash|dash|ash|zsh|busybox|toybox|su|sudo|login)$/;
const managers = /(?:^|\/)(?:apt|apt-get|dpkg|dpkg-deb|apk|rpm|dnf|yum|pip3?|npm|npx|corepack)$/;

interface Entry {
  readonly mode: string;
  readonly path: string;
}

/** All that is in an image's layers, as the system's own tar lists it. */
async function entriesOf(name: OwnImage): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const entry of await store.entries([name])) {
    for (const { digest } of (await store.manifest(entry)).layers) {
      const { stdout } = await run(['tar', '--numeric-owner', '-tvf', store.path(digest)]);
      for (const line of stdout.trim().split('\n')) {
        const [mode = '', , , , , ...path] = line.split(/ +/);
        entries.push({ mode, path: path.join(' ').replace(/ -> .*$/, '') });
      }
    }
  }
  return entries;
}

async function partsOf(name: OwnImage): Promise<string> {
  const { stdout } = await run([process.execPath, 'src/cli/main.ts', 'image', 'parts', name]);
  return stdout;
}

suite('images made here', { skip: dockerSkip }, () => {
  let daemon: DockerDaemon;
  const images = new Map<OwnImage, BuiltImage>();
  const reference = (name: OwnImage) => images.get(name)?.reference ?? '';

  before(async () => {
    for (const name of names) images.set(name, await ensureImage(name));
    daemon = await startDockerDaemon();
    const docker = { run: runCommand, env: dockerEnvironment(daemon.socket) };
    assert.equal((await loadIntoDocker(store, names, docker)).length, names.length);
    assert.deepEqual(await loadIntoDocker(store, names, docker), [], 'it has them now');
  });
  after(() => daemon[Symbol.asyncDispose]());

  test('the roles are the same bytes when they are made of another folder', async () => {
    using elsewhere = tempDir();
    const program = join(elsewhere.path, 'a longer path', 'of another checkout');
    for (const name of ['src', 'package.json', 'package-lock.json', 'tsconfig.json']) {
      cpSync(join(checkout, name), join(program, name), { recursive: true });
    }
    symlinkSync(join(checkout, 'node_modules'), join(program, 'node_modules'));
    const nodeVersion = process.versions.node;
    const world = { program, node: process.execPath, nodeVersion, run: runCommand };
    const other = new ImageStore(join(elsewhere.path, 'images'));
    assert.deepEqual(
      await buildImage(await rolesImage(world), 'amd64', other),
      images.get('roles'),
    );
  });

  test('the image of the roles is small', () => {
    assert.ok((images.get('roles')?.bytes ?? Number.POSITIVE_INFINITY) < rolesBytesMax);
  });

  for (const name of ['roles', 'redis', 'nginx'] as const) {
    test(`there is no shell and no package manager in the image ${name}`, async () => {
      const found = (await entriesOf(name)).filter(
        ({ path }) => shells.test(path) || managers.test(path),
      );
      assert.deepEqual(found, []);
      const ran = await daemon.cli('run', '--rm', '--entrypoint=/bin/sh', reference(name));
      assert.equal(ran.code, 127, ran.stderr);
    });
  }

  test('of the roles’ image nothing can be run but Node', async () => {
    const programs = (await entriesOf('roles')).filter(
      ({ mode, path }) => /^-.*x/.test(mode) && !/^usr\/lib(?:64)?\//.test(path),
    );
    assert.deepEqual(
      programs.map(({ path }) => path),
      ['opt/node/bin/node'],
    );
  });

  test('in no image does a program give the rights of another user', async () => {
    for (const name of names) {
      const entries = await entriesOf(name);
      assert.ok(entries.length > 10, name);
      assert.deepEqual(
        entries.filter(({ mode }) => /^-.*[sS]/.test(mode)),
        [],
        name,
      );
    }
  });

  test('a role serves without a network, without root, from a root it cannot write', async () => {
    await using folder = tempDir();
    const settings = {
      ...{ service: 'demo', admin: ['unix:/tmp/admin'] },
      listen: [{ address: 'unix:/tmp/api', caller: 'test' }],
    };
    writeFileSync(join(folder.path, 'settings.json'), JSON.stringify(settings));
    const mount = `--volume=${folder.path}:/run/clincher:ro`;
    const command = ['demo', '--settings', '/run/clincher/settings.json'];
    const limits = confined.filter((each) => each !== '--rm');
    await run(['chmod', '755', folder.path]);
    const started = await daemon.cli(
      ...['run', '--detach', '--name=demo', ...limits, mount, reference('roles'), ...command],
    );
    assert.equal(started.code, 0, started.stderr);
    const asked = await daemon.cli('exec', 'demo', '/opt/node/bin/node', '-e', askAdmin);
    assert.deepEqual(JSON.parse(asked.stdout || asked.stderr), {
      ...{ status: 200, uid: 1_000, written: 'EROFS' },
      interfaces: ['lo'],
    });
  });

  test('every role’s program is whole', async () => {
    const load = `const { roles } = await import('/opt/clincher/src/cli/roles.js');
      for (const name of Object.keys(roles)) console.log(name, typeof (await roles[name]()));`;
    const node = ['--entrypoint=/opt/node/bin/node', reference('roles')];
    const ran = await daemon.cli('run', ...confined, ...node, '--input-type=module', '-e', load);
    assert.equal(
      ran.stdout,
      Object.keys(roles)
        .map((name) => `${name} function\n`)
        .join(''),
      ran.stderr,
    );
  });

  test('Redis serves, and knows vectors', async () => {
    const limits = confined.filter((each) => each !== '--rm');
    const settings = ['--dir', '/tmp', '--save', '', '--unixsocket', '/tmp/sock', '--port', '0'];
    const named = ['--detach', '--name=redis', ...limits, reference('redis'), ...settings];
    const started = await daemon.cli('run', ...named);
    assert.equal(started.code, 0, started.stderr);
    const vector = ['VADD', 'key', 'VALUES', '2', '1', '0', 'element'];
    const ask = () =>
      daemon.cli('exec', 'redis', '/usr/bin/redis-cli', '-s', '/tmp/sock', ...vector);
    const until = performance.now() + 20_000;
    let asked = await ask();
    while (asked.code !== 0 && performance.now() < until) asked = await ask();
    assert.equal(
      asked.stdout.trim(),
      '1',
      asked.stderr || (await daemon.cli('logs', 'redis')).stdout,
    );
  });

  test('nginx reads its settings', async () => {
    using folder = tempDir();
    writeFileSync(join(folder.path, 'nginx.conf'), nginxSettings);
    await run(['chmod', '-R', 'a+rX', folder.path]);
    const mount = `--volume=${folder.path}:/run/clincher:ro`;
    const inPlace = ['--entrypoint=/usr/sbin/nginx', reference('nginx')];
    const command = ['-t', '-c', '/run/clincher/nginx.conf'];
    const ran = await daemon.cli('run', ...confined, mount, ...inPlace, ...command);
    assert.match(ran.stderr, /test is successful/);
  });

  test('beside nginx Node runs, with the libraries that nginx has', async () => {
    const node = ['--entrypoint=/opt/node/bin/node', reference('nginx'), '-p', '6 * 7'];
    const ran = await daemon.cli('run', ...confined, ...node);
    assert.equal(ran.stdout, '42\n', ran.stderr);
  });

  test('in the sandbox is what tools work with', async () => {
    const work = [
      'set -e; id -u; cd /workspace; python3 -c "import json, sqlite3, ssl; print(6 * 7)"',
      'echo a b | awk "{print \\$2}"; printf "x\\ny\\n" | grep -c x; git --version; rg --version',
      'git init -q /tmp/r; jq -n 1; tar --version; test ! -e /usr/bin/dpkg; touch /etc/x || echo ro',
    ].join('; ');
    const ran = await daemon.cli('run', ...confined, reference('sandbox'), '/bin/sh', '-c', work);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /^1000\n42\nb\n1\ngit version [\s\S]*ripgrep[\s\S]*\n1\n[\s\S]*ro\n$/);
  });

  test('in the sandbox no folder is called like one of the agent', async () => {
    const found = (await entriesOf('sandbox')).filter(({ path }) => /clincher|openclaw/.test(path));
    assert.deepEqual(found, []);
  });

  test('the list of parts of each image keeps to its schema, and names what is in it', async () => {
    const schema = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    const expected = {
      roles: ['pkg:npm/zod@', 'pkg:generic/node@24.', 'pkg:deb/debian/libstdc%2B%2B6@'],
      redis: ['pkg:deb/debian/redis-server@', 'pkg:deb/debian/libc6@'],
      nginx: ['pkg:deb/debian/nginx@', 'pkg:deb/debian/libc6@'],
      sandbox: ['pkg:deb/debian/python3-minimal@', 'pkg:deb/debian/git@'],
    };
    for (const name of names) {
      const text = await partsOf(name);
      assert.equal(await schema.validate(text), null, name);
      for (const part of expected[name]) assert.ok(text.includes(part), `${name}: ${part}`);
      assert.ok(!text.includes('pkg:npm/typescript@'), 'nothing that only builds or tests');
    }
  });
});

const nginxSettings = `pid /tmp/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server { listen unix:/tmp/http; }
}
`;

/** Runs in the container, which has nothing else to ask with. */
const askAdmin = `
const fs = require('node:fs');
const ask = () => require('node:http').get({ socketPath: '/tmp/admin', path: '/healthz' }, (answer) => {
  let written = 'it was';
  try { fs.writeFileSync('/opt/x', ''); } catch ({ code }) { written = code; }
  const interfaces = fs.readFileSync('/proc/net/dev', 'utf8').trim().split('\\n').slice(2);
  const names = interfaces.map((line) => line.split(':')[0].trim());
  const said = { status: answer.statusCode, uid: process.getuid(), written, interfaces: names };
  console.log(JSON.stringify(said));
  process.exit(0);
}).on('error', () => setTimeout(ask, 50));
ask();
`;
