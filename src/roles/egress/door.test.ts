// A listener behind a load balancer: the PROXY header comes first, before TLS too, says where the
// client is, and is never optional.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { clientHello } from '../../testing/client-hello.ts';
import { openEgress } from '../../testing/egress.ts';
import { echo, type FarEnd, farName, gone, nextBytes, openFarEnd } from '../../testing/far-end.ts';
import { type PkiFiles, writePki } from '../../testing/pki.ts';
import { exchange, type Folder, temporaryFolder } from '../../testing/wire.ts';

const header = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n';
let folder: Folder;
let far: FarEnd;
let pki: PkiFiles;
before(async () => {
  folder = await temporaryFolder();
  far = await openFarEnd(echo);
  pki = await writePki(folder.path, { llm: 'CN=llm' }, []);
});
after(async () => {
  await far[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const path = () => join(folder.path, 'front.sock');
const head = () => `CONNECT ${farName}:${far.port} HTTP/1.1\r\n\r\n`;

function open(identity: object, limits: object = {}) {
  return openEgress({
    settings: {
      // Each test's own form of identity; the schema reads it.
      listen: [{ address: `unix:${path()}`, proxyProtocol: true, ...identity } as never],
      rules: [{ caller: 'llm', hosts: [farName], ports: [far.port] }],
      resolve: { [farName]: ['127.0.0.1'] },
      unsafeAllowAddresses: ['127.0.0.1'],
      limits,
    },
  });
}

test('the header is taken off and its address is recorded', async () => {
  await using egress = await open({ caller: 'llm' });
  const client = connect(path());
  client.write(header + head());
  assert.match((await nextBytes(client)).toString(), /^HTTP\/1\.1 200 /);
  client.end(clientHello());
  await gone(client);
  await egress.stop();
  const [record] = egress.telemetry.decisions();
  assert.deepEqual([record?.from, record?.caller, record?.end], ['192.0.2.7', 'llm', 'closed']);
});

for (const [name, bytes] of [
  ['without one', () => head()],
  ['with one that is not well formed', () => header.replace('192.0.2.7', 'localhost') + head()],
  ['with half a one', () => header.slice(0, 20)],
] as const) {
  test(`a connection ${name} is refused and nothing is asked`, async () => {
    await using egress = await open({ caller: 'llm' }, { headerTimeoutMs: 200 });
    const answer = await exchange(connect(path()), bytes());
    assert.match(answer, /^HTTP\/1\.1 400 .*x-clincher-reason: proxy-header-malformed\r\n/s);
    assert.deepEqual(egress.resolved, []);
  });
}

test('a second header is a malformed request, not another word on who it is', async () => {
  await using _egress = await open({ caller: 'llm' });
  const answer = await exchange(connect(path()), header + header + head());
  assert.match(answer, /x-clincher-reason: request-malformed\r\n/);
});

/** A client of the listener with TLS, behind a header that says it is at `from`. */
async function secured(from: string) {
  const raw = connect(path());
  raw.write(header.replace('192.0.2.7', from));
  return connectTls({
    socket: raw,
    servername: 'localhost',
    ca: await readFile(pki.caFile, 'utf8'),
    cert: await readFile(pki.certFile('llm'), 'utf8'),
    key: await readFile(pki.keyFile('llm'), 'utf8'),
  });
}

test('TLS begins behind the header, in one piece with it or not', async () => {
  const tls = { certFile: pki.certFile('server'), keyFile: pki.keyFile('server') };
  await using egress = await open({ identify: 'mtls', tls: { ...tls, caFile: pki.caFile } });
  const client = await secured('192.0.2.7');
  client.write(head());
  assert.match((await nextBytes(client)).toString(), /^HTTP\/1\.1 200 /);
  const hello = clientHello();
  client.write(hello);
  for (let got = 0; got < hello.length; ) got += (await nextBytes(client)).length;
  client.end();
  await gone(client);
  await egress.stop();
  const [record] = egress.telemetry.decisions();
  assert.deepEqual([record?.from, record?.caller, record?.end], ['192.0.2.7', 'llm', 'closed']);
});

test('of several at once behind TLS each is recorded where it is', async () => {
  const tls = { certFile: pki.certFile('server'), keyFile: pki.keyFile('server') };
  await using egress = await open({ identify: 'mtls', tls: { ...tls, caFile: pki.caFile } });
  const places = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
  const clients = await Promise.all(places.map(secured));
  for (const client of clients.reverse()) client.write('CONNECT other.example:443 HTTP/1.1\r\n');
  for (const [index, client] of clients.entries()) {
    client.write(`X-Request-Id: ${places.toReversed()[index]}\r\n\r\n`);
    await gone(client);
  }
  await egress.stop();
  const records = egress.telemetry.decisions().map(({ from, requestId }) => [from, requestId]);
  assert.deepEqual(
    records.sort(),
    places.map((place) => [place, place]),
  );
});
