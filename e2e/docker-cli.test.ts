// The real docker command line, every version that is installed, behind docker-proxy: it makes,
// uses and removes a sandbox as it would with the daemon, and refusals are sentences.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { dockerCli, dockerEnvironment, dockerSkip } from '../src/testing/docker-daemon.ts';
import { type GuardedDocker, startGuardedDocker } from '../src/testing/guarded-docker.ts';
import { run } from '../src/testing/run-program.ts';

const megabyte = 1_000_000;

const notInProfile = /clincher refused [A-Z]+ \/v1\.\d+\/\S+: .* \(request [\w-]+\)/;
const stranger = /No such (?:container|object|exec)[^:]*: stranger/;
const refusals: readonly (readonly [readonly string[], RegExp])[] = [
  [['exec', 'stranger', 'env'], stranger],
  [['inspect', '--type', 'container', 'stranger'], stranger],
  [['logs', 'stranger'], stranger],
  [['rm', 'stranger'], stranger],
  [['stop', 'stranger'], stranger],
  [['cp', 'stranger:/etc/passwd', '-'], /stranger|clincher refused/],
  [['commit', 'stranger'], /stranger|clincher refused/],
  [['info'], notInProfile],
  [['pull', 'alpine'], notInProfile],
  [['volume', 'create', 'v'], notInProfile],
  [['network', 'create', 'n'], notInProfile],
  [['swarm', 'init'], /clincher refused/],
  [['create', '--name', 'openclaw-sbx-x', 'alpine', 'id'], /clincher refused .*"?alpine/],
  [['create', '--name', 'openclaw-sbx-x', '--privileged', 'IMAGE', 'id'], /HostConfig\.Privileged/],
  [['create', '--name', 'openclaw-sbx-x', '-v', '/:/host', 'IMAGE', 'id'], /HostConfig\.Binds/],
  [['create', '--name', 'openclaw-sbx-x', '--pid', 'host', 'IMAGE', 'id'], /HostConfig\.PidMode/],
  [['create', '--name', 'openclaw-sbx-x', '--network', 'host', 'IMAGE', 'id'], /NetworkMode/],
  [['create', '--name', 'openclaw-sbx-x', '--device', '/dev/kmsg', 'IMAGE', 'id'], /Devices/],
  [['create', '--name', 'anything', 'IMAGE', 'id'], /name/i],
];

let guarded: GuardedDocker;
const socket = () => guarded.socketOf('gateway');

suite('docker command lines behind docker-proxy', { skip: dockerSkip }, () => {
  before(async () => {
    guarded = await startGuardedDocker();
    // Of somebody else on the same daemon.
    await guarded.daemon.cli(
      'run',
      '-d',
      '--name=stranger',
      '--init',
      '--network=none',
      '-e',
      'KEY=s3',
      guarded.daemon.image,
      'sleep',
      'infinity',
    );
  });
  after(async () => guarded[Symbol.asyncDispose]());
  for (const [index, program] of dockerPrograms().entries()) lifeOf(program, index);
  test("what is somebody else's was not touched", async () => {
    const left = await guarded.daemon.cli('ps', '--all', '--format', '{{.Names}} {{.State}}');
    assert.equal(left.stdout, 'stranger running\n');
  });
});

/** One sandbox's life, in order. */
function lifeOf(program: string, index: number): void {
  const name = `openclaw-sbx-${index}`;
  const docker = (args: readonly string[], input = '') =>
    dockerCli(socket(), args, { program, input });
  const said = async (args: readonly string[], input = '') => {
    const { code, stdout, stderr } = await docker(args, input);
    assert.equal(code, 0, `docker ${args.join(' ')}: ${stderr}`);
    return stdout;
  };

  test(`${program}: version, create, start, inspect, ps`, async () => {
    assert.match(await said(['version']), /Server:/);
    const id = (await said(guarded.createArgs(name))).trim();
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.equal(await said(['start', name]), `${name}\n`);
    const format =
      '{{.Id}} {{.State.Running}} {{(index .Mounts 0).Source}} {{(index .Mounts 0).RW}}';
    assert.equal(
      await said(['inspect', '-f', format, name]),
      `${id} true ${guarded.workspace} true\n`,
    );
    // By a beginning of the id, as people type it.
    assert.equal(await said(['inspect', '-f', '{{.Name}}', id.slice(0, 12)]), `/${name}\n`);
    assert.equal(await said(['ps', '--all', '--format', '{{.Names}}']), `${name}\n`);
    assert.match(await said(['image', 'inspect', guarded.daemon.image]), /"Id": "sha256:/);
  });

  test(`${program}: exec gives input, output, errors and the exit code through, and its end`, async () => {
    const text = 'line\n'.repeat(megabyte);
    assert.equal((await said(['exec', '-i', name, 'md5sum'], text)).length, 36);
    assert.equal(await said(['exec', '-i', name, 'wc', '-c'], text), `${text.length}\n`);
    const both = await docker(['exec', name, 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    assert.deepEqual(both, { code: 7, stdout: 'out\n', stderr: 'err\n' });
    const env = await said([
      'exec',
      '-e',
      'LANG=C.UTF-8',
      '-w',
      '/tmp',
      name,
      'sh',
      '-c',
      'pwd; echo $LANG; id -u',
    ]);
    assert.equal(env, '/tmp\nC.UTF-8\n1000\n');
    const missing = await docker(['exec', name, 'nothing-of-that-name']);
    assert.ok(missing.code === 126 || missing.code === 127, missing.stderr);
  });

  test(`${program}: a large output arrives whole, also when nobody reads it for a while`, async () => {
    const size = 64 * megabyte;
    const child = spawn(program, ['exec', name, 'head', '-c', String(size), '/dev/zero'], {
      env: dockerEnvironment(socket()),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.pause();
    await once(child.stdout, 'readable');
    let read = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    await once(child, 'close');
    assert.equal(read, size);
  });

  test(`${program}: exec -it is a terminal, of the size of the one it is in, also when that changes`, async () => {
    const inside = 'tty; sleep 0.7; stty size; sleep 1.5; stty size; read word; echo "got $word"';
    const change = '(sleep 1.2; stty rows 44 cols 88 </dev/tty) &';
    const outside = `stty rows 33 cols 77; ${change} ${program} exec -it ${name} sh -c '${inside}'`;
    const typed = await run(['script', '-qec', outside, '/dev/null'], {
      env: { ...dockerEnvironment(socket()), SHELL: '/bin/sh', TERM: 'xterm' },
      input: 'hello\n',
    });
    assert.match(typed.stdout, /\/dev\/pts\/\d+\r\n/);
    assert.match(typed.stdout, /33 77\r\n[\s\S]*44 88\r\n/, typed.stdout);
    assert.match(typed.stdout, /got hello\r\n/);
  });

  test(`${program}: events and lists show what is the caller's own`, async () => {
    const since = String(Date.now() / 1_000 - 60);
    const until = String(Date.now() / 1_000);
    await guarded.daemon.cli('restart', '-t', '0', 'stranger');
    const watcher = (args: readonly string[]) =>
      dockerCli(guarded.socketOf('watcher'), args, { program });
    const events = (await watcher(['events', '--since', since, '--until', until])).stdout;
    assert.match(events, new RegExp(`container start [0-9a-f]{64} .*name=${name}`));
    assert.ok(!events.includes('stranger'), events);
    for (const { stdout } of [await watcher(['ps', '--all']), await docker(['ps', '--all'])]) {
      assert.ok(stdout.includes(name) && !stdout.includes('stranger'), stdout);
    }
  });

  test(`${program}: stop, wait, logs, rm`, async () => {
    const waiting = docker(['wait', name]);
    await said(['stop', '-t', '1', name]);
    assert.match((await waiting).stdout, /^(143|137)\n$/);
    assert.equal((await docker(['logs', name])).code, 0);
    assert.match((await docker(['exec', name, 'true'])).stderr, /is not running/);
    assert.equal(await said(['rm', '-f', name]), `${name}\n`);
    assert.equal(await said(['ps', '--all', '--quiet']), '');
  });

  for (const [args, sentence] of refusals) {
    test(`${program}: docker ${args.join(' ')} is refused in a sentence`, async () => {
      const { code, stdout, stderr } = await docker(
        args.map((arg) => arg.replace('IMAGE', guarded.daemon.image)),
      );
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, sentence);
    });
  }
}

/** Each program once, under whatever names the search path has it. */
function dockerPrograms(): readonly string[] {
  const found = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'docker'));
  return [...new Set(found.flatMap((path) => realOf(path)))];
}

function realOf(path: string): readonly string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}
