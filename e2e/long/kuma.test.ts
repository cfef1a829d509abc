// `clincher kuma` against Uptime Kuma itself: it makes what is declared, once, puts right what was
// changed, and Kuma does ask what it was told to ask.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeLocalCertificate } from '../../src/cli/certificate.ts';
import { userStore } from '../../src/cli/secrets/stores.ts';
import { Secret } from '../../src/kit/secret.ts';
import { openKuma } from '../../src/kuma/client.ts';
import { untilTrue } from '../../src/testing/ask-prometheus.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { type KumaProgram, startKuma } from '../../src/testing/kuma-program.ts';
import { inOwnNetwork } from '../../src/testing/netns.ts';
import { clincher } from '../../src/testing/run-program.ts';
import { tempDir } from '../../src/testing/temp-dir.ts';

const password = 'Longer-than-6-and-strong';
const host = 'box.example';

inOwnNetwork(import.meta.url, { names: { [host]: '127.0.0.1' }, timeoutMs: 300_000 }, () => {
  const dir = tempDir();
  const config = join(dir.path, 'clincher.yaml');
  const asked: string[] = [];
  let kuma: KumaProgram;
  const page = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200).end();
  });

  const declare = (more = '') =>
    writeFile(
      config,
      [
        'version: 1',
        'providers:\n  anthropic: { key: env:A }',
        'budget: { usd: 1, per: day }',
        `monitoring: { host: true${more} }`,
        `ingress: { origin: "https://${host}:${(page.address() as { port: number }).port}" }`,
        '',
      ].join('\n'),
    );
  const ask = async (what: 'plan' | 'apply') => {
    const args = ['kuma', what, '--config', config, '--url', kuma.url];
    const done = await clincher(args, { deadlineMs: 60_000 });
    assert.equal(done.code, 0, done.stderr);
    return done;
  };

  before(async () => {
    const { caPem, certPem, keyPem } = await makeLocalCertificate([host], Date.now());
    page.setSecureContext({ cert: certPem, key: keyPem });
    page.listen(0, '127.0.0.1');
    await once(page, 'listening');
    await declare();
    await userStore(join(dir.path, '.clincher')).write('kuma-password', new Secret(password));
    await writeFile(join(dir.path, 'ca.pem'), caPem);
    kuma = await startKuma(await freePort(), join(dir.path, 'ca.pem'));
  });
  after(async () => {
    await kuma[Symbol.asyncDispose]();
    page.closeAllConnections();
    page.close();
    dir[Symbol.dispose]();
  });

  test('a fresh one gets its user and the checks; a second time nothing changes', async () => {
    const planned = await ask('plan');
    const first = await ask('apply');
    assert.equal(first.stdout, planned.stdout);
    assert.match(first.stderr, /it had no user yet: admin is its user now/);
    assert.match((await ask('apply')).stderr, /all is as declared/);
    const paths = ['/', '/healthz', '/metrics'];
    await untilTrue(async () => paths.every((path) => asked.includes(path)));
  });

  test('what is declared otherwise is changed, and then nothing any more', async () => {
    await declare(', scrapeSeconds: 20');
    assert.notEqual((await ask('plan')).stdout, '');
    await ask('apply');
    assert.match((await ask('apply')).stderr, /all is as declared/);
    const signIn = { url: kuma.url, user: 'admin', password: new Secret(password), setUp: false };
    using signedIn = await openKuma(signIn);
    const monitors = await signedIn.monitors();
    assert.deepEqual(
      monitors.map(({ interval }) => interval),
      [80, 80, 80],
    );
  });

  test('another password is refused in one sentence', async () => {
    const wrong = new Secret('another-password-1');
    const signIn = { url: kuma.url, user: 'admin', password: wrong, setUp: false };
    await assert.rejects(openKuma(signIn), { code: 'kuma-refused' });
  });
});
