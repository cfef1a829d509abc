// What tells who calls may be taken back while tunnels are open: they end, others go on, and files
// that are wrong change nothing but what is said.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { clientHello } from '../../testing/client-hello.ts';
import { openEgress, type RunningEgress } from '../../testing/egress.ts';
import { echo, type FarEnd, farName, gone, nextBytes, openFarEnd } from '../../testing/far-end.ts';
import { type PkiFiles, writePki } from '../../testing/pki.ts';
import { dialUnix, type Folder, temporaryFolder } from '../../testing/wire.ts';
import { credentialLine } from './credentials.ts';

const hello = clientHello();
let folder: Folder;
let far: FarEnd;
let pki: PkiFiles;
before(async () => {
  folder = await temporaryFolder();
  far = await openFarEnd(echo);
  pki = await writePki(folder.path, { llm: 'CN=llm', notes: 'CN=notes' });
});
after(async () => {
  await far[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const path = () => join(folder.path, 'in.sock');

function open(identity: object): Promise<RunningEgress> {
  const rule = { hosts: [farName], ports: [far.port] };
  return openEgress({
    settings: {
      // Each test's own form of identity; the schema reads it.
      listen: [{ address: `unix:${path()}`, ...identity } as never],
      rules: ['llm', 'notes'].map((caller) => ({ caller, ...rule })),
      resolve: { [farName]: ['127.0.0.1'] },
      unsafeAllowAddresses: ['127.0.0.1'],
    },
  });
}

const mtls = () => ({
  identify: 'mtls',
  tls: {
    ...{ certFile: pki.certFile('server'), keyFile: pki.keyFile('server') },
    ...{ caFile: pki.caFile, crlFile: pki.crlFile },
  },
});

async function secured(name: string): Promise<Socket> {
  return connectTls({
    path: path(),
    servername: 'localhost',
    ca: await readFile(pki.caFile, 'utf8'),
    cert: await readFile(pki.certFile(name), 'utf8'),
    key: await readFile(pki.keyFile(name), 'utf8'),
  }).on('error', () => {});
}

/** Open as far as its hello has come back. */
async function tunnel(client: Socket, ...headers: string[]): Promise<Socket> {
  client.on('error', () => {});
  const lines = [`CONNECT ${farName}:${far.port} HTTP/1.1`, ...headers, '', ''];
  client.write(lines.join('\r\n'));
  assert.match((await nextBytes(client)).toString(), /^HTTP\/1\.1 200 /);
  client.write(hello);
  for (let got = 0; got < hello.length; ) got += (await nextBytes(client)).length;
  return client;
}

async function said(egress: RunningEgress, event: string, change: () => unknown): Promise<void> {
  const count = () => egress.telemetry.lines().filter((line) => line.event === event).length;
  const before = count();
  await change();
  process.emit('SIGHUP');
  while (count() === before) await new Promise((done) => setTimeout(done, 5));
}

const endOf = (egress: RunningEgress, caller: string) =>
  egress.telemetry.decisions().find((one) => one.caller === caller)?.end;

test('the tunnels of a certificate that is revoked end, and it opens no other', async () => {
  await using egress = await open(mtls());
  const revoked = await tunnel(await secured('llm'));
  const kept = await tunnel(await secured('notes'));
  const waiting = await secured('llm');
  await new Promise((done) => waiting.once('secureConnect', done));
  const ended = Promise.all([gone(revoked), gone(waiting)]);
  await said(egress, 'callers-judged-anew', () => pki.revoke(['llm']));
  await ended;
  await gone(await secured('llm'));
  kept.write('still here');
  assert.equal((await nextBytes(kept)).toString(), 'still here');
  kept.destroy();
  await egress.stop();
  assert.deepEqual([endOf(egress, 'llm'), endOf(egress, 'notes')], ['caller-revoked', 'broken']);
  const reasons = egress.telemetry.decisions().map((one) => one.reason);
  assert.deepEqual(reasons, ['allowed', 'allowed'], 'who had asked for nothing yet was let wait');
  await pki.revoke([]);
});

test('a revocation list that is wrong keeps the old, and says so', async () => {
  await using egress = await open(mtls());
  const open1 = await tunnel(await secured('llm'));
  await said(egress, 'identity-kept', () => writeFile(pki.crlFile, 'no list'));
  assert.match(egress.health().detail ?? '', /older files.*crl\.pem holds no PEM block/s);
  open1.write('still here');
  assert.equal((await nextBytes(open1)).toString(), 'still here');
  (await tunnel(await secured('llm'))).destroy();
  open1.destroy();
  await said(egress, 'identity-taken', () => pki.revoke([]));
  assert.deepEqual(egress.health(), { ready: true });
});

test('a certificate of the proxy that was renewed is shown to the next client', async () => {
  await using other = await temporaryFolder();
  await using egress = await open(mtls());
  const next = await writePki(other.path, {}, [], 'CN=other CA');
  const old = [await readFile(pki.certFile('server')), await readFile(pki.keyFile('server'))];
  await said(egress, 'identity-taken', async () => {
    await writeFile(pki.certFile('server'), await readFile(next.certFile('server')));
    await writeFile(pki.keyFile('server'), await readFile(next.keyFile('server')));
  });
  const client = connectTls({
    ...{ path: path(), servername: 'localhost', ca: await readFile(next.caFile) },
    cert: await readFile(pki.certFile('llm')),
    key: await readFile(pki.keyFile('llm')),
  });
  await tunnel(client);
  client.destroy();
  await writeFile(pki.certFile('server'), old[0] ?? '');
  await writeFile(pki.keyFile('server'), old[1] ?? '');
});

test('the tunnels of an authority that is taken out end', async () => {
  await using other = await temporaryFolder();
  await using egress = await open(mtls());
  const client = await tunnel(await secured('llm'));
  const next = await writePki(other.path, {}, [], 'CN=other CA');
  const old = await readFile(pki.caFile);
  const ended = gone(client);
  await said(egress, 'callers-judged-anew', async () =>
    writeFile(pki.caFile, await readFile(next.caFile)),
  );
  await ended;
  await egress.stop();
  assert.equal(endOf(egress, 'llm'), 'caller-revoked');
  await writeFile(pki.caFile, old);
});

test('a secret that is taken out of the file ends its tunnels and no others', async () => {
  const credentialsFile = join(folder.path, 'callers');
  const line = (secret: string) => `${credentialLine('llm', secret, Buffer.alloc(16, 7))}\n`;
  await writeFile(credentialsFile, line('first') + line('second'));
  await using egress = await open({ identify: 'credentials', credentialsFile });
  const basic = (secret: string) =>
    `Proxy-Authorization: Basic ${Buffer.from(`llm:${secret}`).toString('base64')}`;
  const first = await tunnel(dialUnix(path()), basic('first'));
  const second = await tunnel(dialUnix(path()), basic('second'));
  const ended = gone(first);
  await said(egress, 'callers-judged-anew', () => writeFile(credentialsFile, line('second')));
  await ended;
  second.write('still here');
  assert.equal((await nextBytes(second)).toString(), 'still here');
  await said(egress, 'identity-kept', () => writeFile(credentialsFile, 'llm:second\n'));
  assert.match(egress.health().detail ?? '', /callers:1:1/);
  assert.doesNotMatch(egress.health().detail ?? '', /second/);
  (await tunnel(dialUnix(path()), basic('second'))).destroy();
  second.destroy();
});
