// Links put in the place of folders right before a live daemon mounts them, when docker-proxy has
// looked at them already: no command runs in a container that was given anything else.

import assert from 'node:assert/strict';
import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { systemWorld } from '../src/kit/world.ts';
import { dockerProxyRole } from '../src/roles/docker-proxy/serve.ts';
import { dockerProxySettings } from '../src/roles/docker-proxy/settings.ts';
import { call } from '../src/testing/docker-attacks/live.ts';
import { dockerSkip } from '../src/testing/docker-daemon.ts';
import { readAnswer } from '../src/testing/docker-proxy.ts';
import { type GuardedDocker, startGuardedDocker } from '../src/testing/guarded-docker.ts';
import { dialUnix, exchange, recordedTelemetry } from '../src/testing/wire.ts';
import { requestText } from '../src/verify/attacks/docker/write.ts';

const ended = /^(?:exited|created)$/;

suite('links in the place of folders, before a live daemon', { skip: dockerSkip }, () => {
  const opened = new AsyncDisposableStack();
  let guarded: GuardedDocker;
  let boxes = '';
  let outside = '';
  /** Done when the daemon is about to get a start, with everything checked. */
  let beforeStart: () => Promise<void> = async () => {};

  before(async () => {
    guarded = opened.use(await startGuardedDocker());
    const { daemon } = guarded;
    boxes = `${daemon.folder}/boxes`;
    outside = `${daemon.folder}/outside`;
    await mkdir(`${outside}/skills`, { recursive: true });
    await writeFile(`${outside}/canary`, 'of the host');
    await writeFile(`${outside}/skills/canary`, 'of the host');
  });
  after(() => opened.disposeAsync());

  /** The daemon behind a socket at which a start waits until `beforeStart` is done. */
  const slowDaemon = async (name: string) => {
    const path = `${guarded.daemon.folder}/${name}.daemon`;
    const server = createServer((client) => {
      const upstream = dialUnix(guarded.daemon.socket);
      client.on('error', () => {}).on('close', () => upstream.destroy());
      upstream.on('error', () => {}).on('close', () => client.destroy());
      upstream.pipe(client);
      client.on('data', (bytes: Buffer) => {
        const isStart = /^POST \S*\/containers\/[0-9a-f]{64}\/(?:re)?start/.test(`${bytes}`);
        void (isStart ? beforeStart() : Promise.resolve()).then(() => upstream.write(bytes));
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    opened.defer(() => void server.close());
    return `unix:${path}`;
  };

  const proxy = async (name: string) => {
    const { daemon } = guarded;
    const path = `${daemon.folder}/${name}.sock`;
    const settings = dockerProxySettings.parse({
      ...{ service: 'docker-proxy', admin: [], docker: await slowDaemon(name) },
      listen: [{ address: `unix:${path}`, caller: 'gateway' }],
      profile: 'sandbox',
      template: {
        images: [{ name: daemon.image }],
        binds: [{ source: boxes, target: '/workspace', readOnly: false, below: true }],
        commandsOnly: true,
      },
    });
    const telemetry = recordedTelemetry('docker-proxy');
    opened.use(await dockerProxyRole.serve(settings, systemWorld(), telemetry));
    return path;
  };

  const make = async (socket: string, name: string, binds: readonly string[]) => {
    const body = {
      ...{ Image: guarded.daemon.image, Cmd: ['sleep', 'infinity'] },
      HostConfig: { Init: true, Binds: binds },
    };
    const made = await call(socket, 'POST', `/containers/create?name=openclaw-sbx-${name}`, body);
    return String(JSON.parse(made.body).Id);
  };
  const run = async (socket: string, id: string, ...Cmd: readonly string[]) => {
    const body = { AttachStdout: true, Cmd };
    const made = await call(socket, 'POST', `/containers/${id}/exec`, body);
    const start = requestText('POST', `/exec/${JSON.parse(made.body).Id}/start`, '{}');
    return readAnswer(await exchange(dialUnix(socket), start, 10_000));
  };
  const statusOf = async (id: string) => {
    const inspected = await guarded.daemon.api('GET', `/containers/${id}/json`);
    return (inspected as { State: { Status: string } }).State.Status;
  };
  const swap = async (folder: string, to: string) => {
    await rename(folder, `${folder}-away`);
    await symlink(to, folder);
  };
  const swapBack = async (folder: string) => {
    await unlink(folder);
    await rename(`${folder}-away`, folder);
  };

  const rows: readonly (readonly [name: string, folder: string, to: () => string])[] = [
    ['the folder of a sandbox', '', () => outside],
    ['a read-only folder in one that can be written', '/skills', () => `${outside}/skills`],
    ['the folder of another sandbox', '', () => `${boxes}/neighbour`],
  ];
  for (const [index, [name, folder, to]] of rows.entries()) {
    test(`a link in the place of ${name}, put there after the look, is seen`, async () => {
      const socket = await proxy(`swap-${index}`);
      const own = `${boxes}/own-${index}`;
      await mkdir(`${own}/skills`, { recursive: true });
      await mkdir(`${boxes}/neighbour`, { recursive: true });
      await writeFile(`${boxes}/neighbour/canary`, 'of another');
      const binds = [`${own}:/workspace`, `${own}/skills:/workspace/skills:ro`];
      const id = await make(socket, `swap-${index}`, folder === '' ? binds.slice(0, 1) : binds);
      beforeStart = () => swap(`${own}${folder}`, to());
      await call(socket, 'POST', `/containers/${id}/start`);
      const read = await run(socket, id, 'cat', `/workspace${folder}/canary`);
      assert.equal(read.reason, 'docker-bind-linked', read.body);
      assert.doesNotMatch(read.body, /of the host|of another/);
      await swapBack(`${own}${folder}`);
      // What was given to it has been taken away again.
      for (let tries = 0; tries < 100 && !ended.test(await statusOf(id)); tries++) {
        await call(socket, 'POST', `/containers/${id}/wait`);
      }
      assert.match(await statusOf(id), ended);

      // With the folder in its place it is a sandbox as any other.
      beforeStart = async () => {};
      await writeFile(`${own}/note`, 'its own');
      await call(socket, 'POST', `/containers/${id}/start`);
      const note = await run(socket, id, 'cat', '/workspace/note');
      assert.match(note.body, /its own/, note.body);
      // Each run is looked at, not each container.
      beforeStart = () => swap(`${own}${folder}`, to());
      await call(socket, 'POST', `/containers/${id}/restart?t=0`);
      const again = await run(socket, id, 'cat', `/workspace${folder}/canary`);
      assert.equal(again.reason, 'docker-bind-linked', again.body);
      await swapBack(`${own}${folder}`);
    });
  }

  test('nothing runs in it before: no other command, entrypoint or PATH is taken', async () => {
    const socket = await proxy('idle');
    await mkdir(`${boxes}/idle`, { recursive: true });
    const ways: readonly Readonly<Record<string, unknown>>[] = [
      { Cmd: ['cat', '/workspace/canary'] },
      { Cmd: ['sh', '-c', 'sleep infinity'] },
      { Entrypoint: ['/workspace/run'] },
      { Entrypoint: 'sh' },
      { Env: ['PATH=/workspace'] },
      { Env: ['PATH'] },
      { Cmd: [] },
    ];
    for (const way of ways) {
      const body = JSON.stringify({
        ...{ Image: guarded.daemon.image, Cmd: ['sleep', 'infinity'], ...way },
        HostConfig: { Binds: [`${boxes}/idle:/workspace`] },
      });
      const text = requestText('POST', '/containers/create?name=openclaw-sbx-idle', body);
      const answer = readAnswer(await exchange(dialUnix(socket), text, 10_000));
      assert.equal(answer.reason, 'docker-field-refused', `${JSON.stringify(way)} ${answer.body}`);
    }
  });
});
