// dockerode, what programs in JavaScript speak to Docker with, behind docker-proxy: a sandbox's
// life, its streams, and refusals as the errors that its callers look at.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import Docker from 'dockerode';
import { dockerSkip } from '../src/testing/docker-daemon.ts';
import { type GuardedDocker, startGuardedDocker } from '../src/testing/guarded-docker.ts';

let guarded: GuardedDocker;
let docker: Docker;
let sandbox: Docker.Container;

suite('dockerode behind docker-proxy', { skip: dockerSkip }, () => {
  before(async () => {
    guarded = await startGuardedDocker();
    docker = new Docker({ socketPath: guarded.socketOf('gateway') });
  });
  after(async () => guarded[Symbol.asyncDispose]());

  test('it makes and starts a container, which is then in its list', async () => {
    assert.equal((await docker.version()).Os, 'linux');
    sandbox = await docker.createContainer({
      name: 'openclaw-sbx-library',
      Image: guarded.daemon.image,
      Cmd: ['sleep', 'infinity'],
      Labels: { 'openclaw.sandbox': '1' },
      HostConfig: { Init: true, Memory: 64_000_000 },
    });
    await sandbox.start();
    const { State, HostConfig } = await sandbox.inspect();
    assert.equal(State.Running, true);
    assert.equal(HostConfig.NetworkMode, 'none');
    assert.equal(HostConfig.Memory, 64_000_000);
    const [listed] = await docker.listContainers();
    assert.equal(listed?.Id, sandbox.id);
  });

  test('an attached command gets its input to the end and gives both outputs and its code', async () => {
    const ended = await exec('wc -c; echo problem >&2; exit 3', 'x'.repeat(3_000_000));
    assert.deepEqual(ended, { out: '3000000\n', err: 'problem\n', code: 3 });
  });

  test('forty commands at once each get their own output', async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, index) => exec(`cat; echo ${index}`, `${index} `)),
    );
    assert.deepEqual(
      all.map(({ out }) => out),
      Array.from({ length: 40 }, (_, index) => `${index} ${index}\n`),
    );
  });

  test('what is refused rejects with the status and the sentence', async () => {
    const { daemon } = guarded;
    const create = docker.createContainer({
      Image: daemon.image,
      HostConfig: { Privileged: true },
    });
    await assert.rejects(create, { statusCode: 403, message: /HostConfig\.Privileged/ });
    await assert.rejects(docker.getContainer('stranger').inspect(), { statusCode: 404 });
    await assert.rejects(docker.listVolumes(), { statusCode: 403, message: /clincher refused/ });
    await assert.rejects(docker.buildImage(new PassThrough().end()), { statusCode: 403 });
  });

  test('it is waited for, stopped and removed', async () => {
    const waited = sandbox.wait();
    await sandbox.stop({ t: 1 });
    assert.ok([137, 143].includes((await waited).StatusCode));
    await sandbox.remove({ force: true });
    assert.deepEqual(await docker.listContainers({ all: true }), []);
  });
});

async function exec(script: string, input: string) {
  const command = await sandbox.exec({
    Cmd: ['sh', '-c', script],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await command.start({ hijack: true, stdin: true });
  const outputs = [new PassThrough(), new PassThrough()] as const;
  docker.modem.demuxStream(stream, ...outputs);
  const read = outputs.map((output) => output.setEncoding('utf8').toArray());
  stream.end(input);
  await once(stream, 'end');
  for (const output of outputs) output.end();
  const [out = [], err = []] = await Promise.all(read);
  const { ExitCode: code } = await command.inspect();
  return { out: out.join(''), err: err.join(''), code };
}
