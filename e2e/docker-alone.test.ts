// The Docker proxy as a program of its own, before a live daemon: in the place of Tecnativa's
// docker-socket-proxy, by the switches in its environment, and from one settings file.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  type DockerDaemon,
  dockerCli,
  dockerSkip,
  startDockerDaemon,
} from '../src/testing/docker-daemon.ts';
import { checkout } from '../src/testing/source-tree.ts';

type Row = readonly [answer: 'allowed' | 'forbidden', ...argv: string[]];

/** What its own tests say of it, and of each switch what its documentation promises. */
const suites: readonly (readonly [env: Readonly<Record<string, string>>, rows: readonly Row[]])[] =
  [
    [
      {},
      [
        ['allowed', 'version'],
        ['forbidden', 'run', '--rm', 'IMAGE', 'true'],
        ['forbidden', 'pull', 'alpine'],
        ['forbidden', 'logs', 'box'],
        ['forbidden', 'wait', 'box'],
        ['forbidden', 'rm', '-f', 'box'],
        ['forbidden', 'restart', 'box'],
        ['forbidden', 'network', 'ls'],
        ['forbidden', 'config', 'ls'],
        ['forbidden', 'service', 'ls'],
        ['forbidden', 'stack', 'ls'],
        ['forbidden', 'secret', 'ls'],
        ['forbidden', 'plugin', 'ls'],
        ['forbidden', 'info'],
        ['forbidden', 'swarm', 'init'],
        ['forbidden', 'ps'],
        ['forbidden', 'volume', 'ls'],
      ],
    ],
    [
      { CONTAINERS: '1' },
      [
        ['allowed', 'logs', 'box'],
        ['allowed', 'inspect', 'box'],
        ['allowed', 'ps'],
        ['forbidden', 'wait', 'box'],
        ['forbidden', 'run', '--rm', 'IMAGE', 'true'],
        ['forbidden', 'rm', '-f', 'box'],
        ['forbidden', 'restart', 'box'],
        ['forbidden', 'exec', 'box', 'true'],
      ],
    ],
    [
      { POST: '1' },
      [
        ['forbidden', 'rm', '-f', 'box'],
        ['forbidden', 'pull', 'alpine'],
        ['forbidden', 'run', '--rm', 'IMAGE', 'true'],
        ['forbidden', 'network', 'create', 'foobar'],
      ],
    ],
    [
      { POST: '1', NETWORKS: '1' },
      [
        ['allowed', 'network', 'ls'],
        ['allowed', 'network', 'create', 'foo'],
        ['allowed', 'network', 'rm', 'foo'],
        ['forbidden', 'exec', 'box', 'true'],
      ],
    ],
    [
      { POST: '1', CONTAINERS: '1' },
      [
        ['allowed', 'restart', '-t', '0', 'box'],
        // Its path is one of containers; its documentation says that EXEC is what allows it.
        ['forbidden', 'exec', 'box', 'true'],
      ],
    ],
    [{ POST: '1', CONTAINERS: '1', EXEC: '1' }, [['allowed', 'exec', 'box', 'echo', 'hello']]],
  ];

suite('docker-proxy as a program', { skip: dockerSkip }, () => {
  let daemon: DockerDaemon;
  const started: ChildProcess[] = [];
  before(async () => {
    daemon = await startDockerDaemon();
    const run = ['run', '-d', '--init', '--name', 'box', '--network', 'none'];
    await daemon.cli(...run, daemon.image, 'sleep', 'infinity');
  });
  after(async () => {
    for (const child of started) child.kill('SIGTERM');
    await daemon[Symbol.asyncDispose]();
  });

  /** Resolves once it serves. */
  const start = async (argv: readonly string[], env: Readonly<Record<string, string>>) => {
    const program = join(checkout, 'src/cli/main.ts');
    const child = spawn(process.execPath, [program, ...argv], {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    started.push(child);
    // Read to the end: what cannot be recorded is refused.
    const serving = Promise.withResolvers<ChildProcess>();
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('"serving"')) serving.resolve(child);
    });
    child.once('exit', () => serving.reject(new Error(`it ended: ${said}`)));
    return serving.promise;
  };

  for (const [index, [env, rows]] of suites.entries()) {
    const name = Object.keys(env).join(' and ') || 'nothing';
    test(`with ${name} switched on it answers as docker-socket-proxy promises`, async () => {
      const socket = join(daemon.folder, `tecnativa-${index}.sock`);
      await start(['docker-proxy', '--tecnativa', '--listen', `unix:${socket}`], {
        ...env,
        SOCKET_PATH: daemon.socket,
      });
      for (const [answer, ...argv] of rows) {
        const words = argv.map((word) => (word === 'IMAGE' ? daemon.image : word));
        const { stdout, stderr, code } = await dockerCli(socket, words);
        const isForbidden = /forbidden/i.test(stdout + stderr);
        assert.equal(isForbidden, answer === 'forbidden', `${words.join(' ')}: ${stdout}${stderr}`);
        if (answer === 'allowed') assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
      }
    });
  }

  test('from one settings file it serves a profile, and ends with a signal', async () => {
    const socket = join(daemon.folder, 'alone.sock');
    const file = join(daemon.folder, 'settings.json');
    const settings = {
      ...{ service: 'docker-proxy', admin: [], docker: `unix:${daemon.socket}` },
      listen: [{ address: `unix:${socket}`, caller: 'ci' }],
      profile: 'sandbox',
      template: { images: [{ name: daemon.image }], names: ['ci-*'] },
    };
    await writeFile(file, JSON.stringify(settings));
    const child = await start(['serve', 'docker-proxy', '--settings', file], {});
    const made = await dockerCli(socket, [
      'run',
      '--rm',
      '--name',
      'ci-1',
      daemon.image,
      'id',
      '-u',
    ]);
    assert.equal(made.stdout.trim(), '1000', made.stderr);
    const refused = await dockerCli(socket, ['exec', 'box', 'true']);
    assert.match(refused.stderr, /No such container: box/);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  });
});
