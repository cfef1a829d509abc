// The ingress as it really starts: a process of its own, handed a listening socket as descriptor 3.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeLocalCertificate } from '../../cli/certificate.ts';
import { startIngress } from '../../testing/ingress.ts';
import { ingressProgram } from '../../testing/ingress-programs.ts';
import { fakeUpstream, temporaryFolder } from '../../testing/wire.ts';
import { type IngressProgram, ingressPrograms } from './settings.ts';

for (const program of [undefined, ...ingressPrograms]) {
  const who = program ?? 'it';
  test(`${who} serves on an inherited listening socket, and ends cleanly when asked`, () =>
    inherits(program));
}

async function inherits(program: IngressProgram | undefined): Promise<void> {
  await using folder = await temporaryFolder();
  const made = await makeLocalCertificate([], Date.now());
  const file = (name: string) => `${folder.path}/${name}`;
  await writeFile(file('cert.pem'), made.certPem);
  await writeFile(file('key.pem'), made.keyPem);
  await using upstream = await fakeUpstream(file('gw'), 'through');
  const listening = createServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  const settings = {
    service: 'ingress',
    admin: [`unix:${file('admin')}`],
    listen: [{ address: 'fd:3', caller: 'people' }],
    origin: `https://localhost:${port}`,
    // Who it thinks connects is who does, or nobody gets an answer.
    front: { ranges: ['127.0.0.0/8'], addressHeader: null, certificate: false },
    tls: { certFile: file('cert.pem'), keyFile: file('key.pem') },
    ...(program === undefined
      ? {}
      : {
          program: { name: program, file: ingressProgram(program), bound: `tcp:127.0.0.1:${port}` },
        }),
    routes: [{ prefix: '/', service: 'gateway', to: `unix:${file('gw')}` }],
  };
  await writeFile(file('settings.json'), JSON.stringify(settings));
  const serve = fileURLToPath(new URL('../../cli/serve.ts', import.meta.url));
  const argv = [serve, 'ingress', '--settings', file('settings.json')];
  const child = spawn(process.execPath, argv, {
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', Reflect.get(listening, '_handle').fd],
  });
  const ended = once(child, 'exit');
  let log = '';
  assert.ok(child.stderr !== null);
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  while (!log.includes('"serving"')) await once(child.stderr, 'data');
  // From here on the child alone accepts: what answers is what it inherited.
  listening.close();
  const body = await new Promise<string>((resolve, reject) => {
    const options = {
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: made.caPem,
      agent: false,
    };
    const headers = { host: `localhost:${port}` };
    request({ ...options, headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(body, 'through');
  assert.equal(upstream.seen.length, 1);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
}

const more: readonly (readonly [what: string, settings: object])[] = [
  [
    'two listeners',
    { listen: ['a', 'b'].map((caller) => ({ address: 'tcp:127.0.0.1:0', caller })) },
  ],
  [
    'a socket of which nobody says where it is bound',
    { listen: [{ address: 'fd:3', caller: 'p' }] },
  ],
];
for (const [what, settings] of more) {
  test(`nginx is not started in place of it with ${what}`, async () => {
    const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
    const start = startIngress([gateway], { program: 'nginx', ...settings });
    await assert.rejects(start, { code: 'settings-invalid' });
  });
}
