// Who calls, by certificate, over real TLS: those whom the CA signed and has not revoked, under
// one plain name. And files that would let in others are refused before anything listens.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { type PkiFiles, writePki } from '../../testing/pki.ts';
import { type Folder, temporaryFolder } from '../../testing/wire.ts';
import { openIdentity } from './identity.ts';
import type { EgressListener } from './settings.ts';

const subjects = {
  llm: 'CN=llm, OU=models, OU=second',
  gone: 'CN=gone',
  nameless: 'OU=models',
  twice: 'CN=llm, CN=admin',
  star: 'CN=*',
  spaced: 'CN=two words',
};
let folder: Folder;
let pki: PkiFiles;
let foreign: PkiFiles;

before(async () => {
  folder = await temporaryFolder();
  pki = await writePki(folder.path, subjects, ['gone']);
  await writeFile(emptyFile(), '');
  execFileSync('mkfifo', [namedPipe()]);
  const other = await temporaryFolder();
  foreign = await writePki(other.path, { llm: 'CN=llm' }, [], 'CN=other CA');
});
after(() => folder[Symbol.asyncDispose]());

type Mutual = Extract<EgressListener, { identify: 'mtls' }>;

function listener(tls: Partial<Mutual['tls']> = {}, callerFrom: 'cn' | 'ou' = 'cn'): Mutual {
  const { caFile } = pki;
  const files = { certFile: pki.certFile('server'), keyFile: pki.keyFile('server'), caFile };
  return { address: 'tcp:127.0.0.1:0', identify: 'mtls', callerFrom, tls: { ...files, ...tls } };
}

/** Who the proxy takes the client for; `refused` when the handshake fails. */
async function seenAs(
  told: Mutual,
  client: { files: PkiFiles; name: string } | null,
  change: TlsOptions = {},
) {
  const identity = await openIdentity(told);
  assert.ok(identity.tls);
  const seen = Promise.withResolvers<string | null>();
  const server = createServer({ ...identity.tls, ...change }, (socket) => {
    seen.resolve(identity.callerOf(socket));
    socket.on('error', () => {}).end();
  });
  server.on('tlsClientError', () => seen.resolve('refused'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const socket = await dial(address.port, client);
  const caller = await seen.promise;
  socket.destroy();
  server.close();
  return caller;
}

async function dial(port: number, client: { files: PkiFiles; name: string } | null) {
  const files = client === null ? {} : await clientFiles(client);
  const ca = await readFile(pki.caFile, 'utf8');
  const socket: TLSSocket = connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca,
    ...files,
  });
  return socket.on('error', () => {}).resume();
}

async function clientFiles({ files, name }: { files: PkiFiles; name: string }) {
  return {
    cert: await readFile(files.certFile(name), 'utf8'),
    key: await readFile(files.keyFile(name), 'utf8'),
  };
}

const clients: readonly (readonly [
  what: string,
  name: keyof typeof subjects,
  seen: string | null,
])[] = [
  ['a client with one common name', 'llm', 'llm'],
  ['a client with two common names', 'twice', null],
  ['a client without one', 'nameless', null],
  ['a client that calls itself `*`', 'star', null],
  ['a name with a space', 'spaced', null],
  ['a revoked client, when no list is given', 'gone', 'gone'],
];
for (const [what, name, seen] of clients) {
  test(`mutual TLS takes ${what} for ${seen ?? 'nobody'}`, async () => {
    assert.equal(await seenAs(listener(), { files: pki, name }), seen);
  });
}

test('the caller can be the first organizational unit', async () => {
  assert.equal(await seenAs(listener({}, 'ou'), { files: pki, name: 'llm' }), 'models');
  assert.equal(await seenAs(listener({}, 'ou'), { files: pki, name: 'gone' }), null);
});

test('a client without a certificate, or with one of another CA, does not get in', async () => {
  assert.equal(await seenAs(listener(), null), 'refused');
  assert.equal(await seenAs(listener(), { files: foreign, name: 'llm' }), 'refused');
});

test('a client that a lenient server let in has no caller all the same', async () => {
  const lenient = { rejectUnauthorized: false };
  assert.equal(await seenAs(listener(), { files: foreign, name: 'llm' }, lenient), null);
  assert.equal(await seenAs(listener(), null, lenient), null);
});

test('a revoked client does not get in, and one that is not revoked does', async () => {
  const withList = listener({ crlFile: pki.crlFile });
  assert.equal(await seenAs(withList, { files: pki, name: 'gone' }), 'refused');
  assert.equal(await seenAs(withList, { files: pki, name: 'llm' }), 'llm');
});

test('a list of another CA lets nobody in', async () => {
  const other = join(folder.path, 'other');
  await writeFile(other, await readFile(foreign.crlFile));
  assert.equal(await seenAs(listener({ crlFile: other }), { files: pki, name: 'llm' }), 'refused');
});

test('lists of two authorities in one file both hold', async () => {
  const [caFile, crlFile] = [join(folder.path, 'both.pem'), join(folder.path, 'both.crl.pem')];
  for (const order of [
    [foreign, pki],
    [pki, foreign],
  ]) {
    const texts = (of: (files: PkiFiles) => string) =>
      Promise.all(order.map((files) => readFile(of(files), 'utf8')));
    await writeFile(caFile, (await texts((files) => files.caFile)).join('\n'));
    await writeFile(crlFile, (await texts((files) => files.crlFile)).join('\n'));
    const told = listener({ caFile, crlFile });
    assert.equal(await seenAs(told, { files: pki, name: 'llm' }), 'llm');
    assert.equal(await seenAs(told, { files: foreign, name: 'llm' }), 'llm');
    assert.equal(await seenAs(told, { files: pki, name: 'gone' }), 'refused');
  }
});

test('who was revoked while its handshake went on has no caller', async () => {
  const lenient = { crl: undefined };
  const withList = listener({ crlFile: pki.crlFile });
  assert.equal(await seenAs(withList, { files: pki, name: 'gone' }, lenient), null);
  assert.equal(await seenAs(withList, { files: pki, name: 'llm' }, lenient), 'llm');
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session of ${version} is not taken up again, past the look at its certificate`, async () => {
    const { tls } = await openIdentity(listener());
    assert.ok(tls);
    const resumed: boolean[] = [];
    const server = createServer(tls, (socket) => {
      resumed.push(socket.isSessionReused());
      socket.on('error', () => {}).end('x');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const files = await clientFiles({ files: pki, name: 'llm' });
    const ca = await readFile(pki.caFile, 'utf8');
    const told = { port: address.port, host: '127.0.0.1', servername: 'localhost', ca, ...files };
    let session: Buffer | undefined;
    for (let again = 0; again < 2; again += 1) {
      const kept = session === undefined ? {} : { session };
      const socket = connect({ ...told, ...kept, minVersion: version, maxVersion: version });
      socket.on('session', (given) => {
        session = given;
      });
      socket.on('error', () => {}).resume();
      await once(socket, 'close');
    }
    server.close();
    assert.deepEqual(resumed, [false, false]);
  });
}

test('a plain socket on a listener with mutual TLS has no caller', async () => {
  const { Socket } = await import('node:net');
  assert.equal((await openIdentity(listener())).callerOf(new Socket()), null);
});

const emptyFile = () => join(folder.path, 'empty');
const namedPipe = () => join(folder.path, 'pipe');

const badFiles: readonly (readonly [
  string,
  (files: PkiFiles) => Partial<Mutual['tls']>,
  RegExp,
])[] = [
  ['no CA file', () => ({ caFile: '/nowhere' }), /\/nowhere cannot be read \(ENOENT\)/],
  [
    'a device for a CA',
    () => ({ caFile: '/dev/null' }),
    /\/dev\/null cannot be read \(not a file\)/,
  ],
  ['a client for a CA', (p) => ({ caFile: p.certFile('llm') }), /not of a CA/],
  ['a key for a CA', (p) => ({ caFile: p.keyFile('llm') }), /no PEM block of CERTIFICATE/],
  ['a device without end', () => ({ crlFile: '/dev/zero' }), /\/dev\/zero .*\(not a file\)/],
  ['an empty list', () => ({ crlFile: emptyFile() }), /no PEM block of X509 CRL/],
  ['a named pipe for a list', () => ({ crlFile: namedPipe() }), /\(not a file\)/],
  ['a certificate for a list', (p) => ({ crlFile: p.caFile }), /no PEM block of X509 CRL/],
  ["another's key", (p) => ({ keyFile: p.keyFile('llm') }), /cannot be used/],
  ['a folder for a key', () => ({ keyFile: '/' }), /EISDIR/],
];
for (const [what, files, message] of badFiles) {
  test(`mutual TLS with ${what} does not start`, async () => {
    await assert.rejects(openIdentity(listener(files(pki))), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!error.message.includes('BEGIN'), 'nothing of the file is quoted');
      return 'code' in error && error.code === 'settings-invalid';
    });
  });
}

test('a listener made for one caller names it, whatever the request says', async () => {
  const identity = await openIdentity({ address: 'fd:3', caller: 'llm' });
  const { Socket } = await import('node:net');
  assert.equal(identity.callerOf(new Socket()), 'llm');
  assert.deepEqual([identity.tls, identity.needsCredentials], [null, false]);
});
