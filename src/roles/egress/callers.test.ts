// Callers told apart by the running role: who is refused before anything is asked, who gets which
// rules, and under which name each is recorded and counted.

import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Canary, openCanary, openEgress } from '../../testing/egress.ts';
import { type PkiFiles, writePki } from '../../testing/pki.ts';
import { dialTls, dialUnix, exchange, type Folder, temporaryFolder } from '../../testing/wire.ts';
import { credentialLine } from './credentials.ts';

const secret = 'a-secret-of-the-test-and-of-nobody';
let folder: Folder;
let pki: PkiFiles;
let canary: Canary;

before(async () => {
  folder = await temporaryFolder();
  const clients = { llm: 'CN=llm', other: 'CN=other, OU=people', gone: 'CN=llm', star: 'CN=*' };
  pki = await writePki(folder.path, clients, ['gone']);
  const line = credentialLine('llm', secret, Buffer.alloc(16, 7));
  await writeFile(join(folder.path, 'callers'), line);
  canary = await openCanary(0, '127.0.0.1');
});
after(async () => {
  await canary[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const path = (name: string) => join(folder.path, name);

function openWith(identify: 'mtls' | 'credentials', callers: readonly string[]) {
  const tls = { certFile: pki.certFile('server'), keyFile: pki.keyFile('server') };
  const mtls = { ...tls, caFile: pki.caFile, crlFile: pki.crlFile };
  const rules = callers.map((caller) => ({
    caller,
    hosts: ['box.example'],
    ports: [canary.port],
    unsafeAllowPlaintext: true,
  }));
  return openEgress({
    settings: {
      listen: [
        identify === 'mtls'
          ? { address: `unix:${path('sock')}`, identify, tls: mtls }
          : { address: `unix:${path('sock')}`, identify, credentialsFile: path('callers') },
      ],
      rules,
      resolve: { 'box.example': ['127.0.0.1'] },
      unsafeAllowAddresses: [`127.0.0.1:${canary.port}`],
    },
  });
}

async function asClient(name: string, bytes: string, waitMs?: number): Promise<string> {
  const socket = dialTls({
    path: path('sock'),
    servername: 'localhost',
    ca: await readFile(pki.caFile, 'utf8'),
    cert: await readFile(pki.certFile(name), 'utf8'),
    key: await readFile(pki.keyFile(name), 'utf8'),
  });
  return exchange(socket, bytes, waitMs);
}

const connect = (host: string, more = '') =>
  `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const basic = (text: string) =>
  `Proxy-Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`;

test('a client with a certificate has the rules of its name', async () => {
  await using egress = await openWith('mtls', ['llm']);
  assert.match(await asClient('llm', connect('a.example:443')), /^HTTP\/1\.1 403 .*host-not-all/s);
  const [decision] = egress.telemetry.decisions();
  assert.deepEqual([decision?.caller, decision?.reason], ['llm', 'host-not-allowed']);
});

test('a client that no rule knows is refused before it is read', async () => {
  await using egress = await openWith('mtls', ['llm']);
  for (const name of ['other', 'star']) {
    assert.match(await asClient(name, ''), /^HTTP\/1\.1 403 .*caller-unknown/s);
  }
  assert.deepEqual(
    egress.telemetry.decisions().map(({ caller, reason }) => [caller, reason]),
    [
      ['unknown', 'caller-unknown'],
      ['unknown', 'caller-unknown'],
    ],
  );
  assert.deepEqual(egress.resolved, []);
});

test('a revoked client gets no answer at all', async () => {
  await using egress = await openWith('mtls', ['llm']);
  assert.equal(await asClient('gone', connect('box.example:443'), 500), '');
  assert.deepEqual(egress.telemetry.decisions(), []);
});

test('a client under the rule for others is recorded by its name and counted as one of them', async () => {
  await using egress = await openWith('mtls', ['llm', '*']);
  await asClient('other', connect('a.example:443'));
  const [decision] = egress.telemetry.decisions();
  assert.deepEqual([decision?.caller, decision?.reason], ['other', 'host-not-allowed']);
  const metrics = await egress.telemetry.metrics.metrics();
  assert.match(metrics, /caller="\*"/);
  assert.doesNotMatch(metrics, /caller="other"/);
});

test('a tunnel of a client with a certificate carries what it sends', async () => {
  await using egress = await openWith('mtls', ['llm']);
  // The canary never answers; the bytes are what counts.
  const done = asClient('llm', `${connect(`box.example:${canary.port}`)}through mutual TLS`, 1_000);
  await canary.spokenTo();
  assert.equal(canary.contacts.at(-1)?.text, 'through mutual TLS');
  assert.match(await done, /^HTTP\/1\.1 200 /);
  assert.equal(egress.resolved.length, 0);
});

const credentials: readonly (readonly [string, string, RegExp, string, string])[] = [
  ['none', '', /^HTTP\/1\.1 407 .*proxy-authenticate: Basic/is, 'unknown', 'credentials-missing'],
  ['wrong ones', basic('llm:guess'), /^HTTP\/1\.1 407 /, 'unknown', 'credentials-wrong'],
  ['unknown ones', basic(`x:${secret}`), /^HTTP\/1\.1 407 /, 'unknown', 'credentials-wrong'],
  ['two', basic(`llm:${secret}`).repeat(2), /^HTTP\/1\.1 400 /, 'unknown', 'request-malformed'],
  ['its own', basic(`llm:${secret}`), /^HTTP\/1\.1 403 /, 'llm', 'host-not-allowed'],
];
for (const [what, header, status, caller, reason] of credentials) {
  test(`a client with ${what} for credentials is ${reason}`, async () => {
    await using egress = await openWith('credentials', ['llm']);
    const answer = await exchange(dialUnix(path('sock')), connect('a.example:443', header));
    assert.match(answer, status);
    const decisions = egress.telemetry.decisions().map((one) => [one.caller, one.reason]);
    assert.deepEqual(decisions, [[caller, reason]]);
    assert.ok(!JSON.stringify(egress.telemetry.lines()).includes(secret), 'no secret in the log');
  });
}

test('right credentials of a caller that has no rule are refused', async () => {
  await using egress = await openWith('credentials', ['gateway']);
  const bytes = connect('box.example:443', basic(`llm:${secret}`));
  assert.match(await exchange(dialUnix(path('sock')), bytes), /403 .*caller-unknown/s);
  assert.deepEqual(egress.resolved, []);
});

test('a role with files that cannot be used does not listen', async () => {
  await assert.rejects(
    openEgress({
      settings: {
        listen: [{ address: `unix:${path('x')}`, identify: 'credentials', credentialsFile: '/no' }],
        rules: [],
      },
    }),
    { code: 'settings-invalid' },
  );
  await assert.rejects(stat(path('x')), { code: 'ENOENT' });
});
