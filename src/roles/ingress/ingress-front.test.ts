// Past what stands in front nobody comes in: not from another address, not without its
// certificate, and nobody else's word about the client reaches the service behind.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { makeClientCertificate } from '../../cli/certificate.ts';
import { startIngress } from '../../testing/ingress.ts';
import { tempDir } from '../../testing/temp-dir.ts';

const front = { addressHeader: 'cf-connecting-ip', certificate: false } as const;
const route = { prefix: '/', service: 'gateway', to: 'gw' };
const clientCertificate = makeClientCertificate('clincher origin pull', Date.now());
const otherCertificate = makeClientCertificate('clincher origin pull', Date.now());

/** The service behind: remembers what it was asked. */
async function behind(folder: string, context: TestContext): Promise<IncomingMessage[]> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.end('behind');
  });
  server.listen(join(folder, 'gw'));
  await once(server, 'listening');
  context.after(() => server.close());
  return asked;
}

test('another address is cut off before a byte is read, and recorded', async (context) => {
  await using ingress = await startIngress([route], {
    front: { ...front, ranges: ['192.0.2.0/24'] },
  });
  const asked = await behind(ingress.folder, context);
  await assert.rejects(ingress.ask('/', { headers: { 'cf-connecting-ip': '203.0.113.7' } }));
  assert.equal(asked.length, 0);
  assert.deepEqual(
    ingress.telemetry.decisions().map(({ reason, address }) => [reason, address]),
    [['front-bypassed', '127.0.0.1']],
  );
});

test('the address that the front gives is the one that the service behind is told', async (context) => {
  await using ingress = await startIngress([route], {
    front: { ...front, ranges: ['127.0.0.0/8'] },
  });
  const asked = await behind(ingress.folder, context);
  const headers = { 'cf-connecting-ip': '203.0.113.7', 'x-forwarded-for': '127.0.0.1' };
  assert.equal((await ingress.ask('/', { headers })).body, 'behind');
  assert.equal(asked[0]?.headers['x-forwarded-for'], '203.0.113.7');
  assert.equal(asked[0]?.headers['cf-connecting-ip'], undefined);
});

test('a front that says the client is this machine does not make a stranger local', async (context) => {
  await using ingress = await startIngress([route], {
    front: { ...front, ranges: ['127.0.0.0/8'] },
  });
  const asked = await behind(ingress.folder, context);
  await ingress.ask('/', { headers: { 'cf-connecting-ip': '127.0.0.1' } });
  assert.equal(asked[0]?.headers['x-forwarded-for'], '192.0.2.1');
});

test('without a front its header is nobody’s word', async (context) => {
  await using ingress = await startIngress([route]);
  const asked = await behind(ingress.folder, context);
  await ingress.ask('/', { headers: { 'cf-connecting-ip': '203.0.113.7' } });
  assert.equal(asked[0]?.headers['x-forwarded-for'], '192.0.2.1');
});

const shown = [
  ['the certificate of the front', clientCertificate, true],
  ['one that another CA signed for the same name', otherCertificate, false],
  ['no certificate', null, false],
] as const;
for (const [name, certificate, admitted] of shown) {
  test(`${name} is ${admitted ? 'let in' : 'refused'}`, async (context) => {
    using dir = tempDir();
    const caFile = join(dir.path, 'pull-ca.pem');
    await writeFile(caFile, (await clientCertificate).caPem);
    await using ingress = await startIngress([route], {
      front: { ...front, ranges: ['127.0.0.0/8'], certificate: true },
      clientCaFile: caFile,
    });
    const asked = await behind(ingress.folder, context);
    const pair = await certificate;
    const identity = pair === null ? {} : { cert: pair.certPem, key: pair.keyPem };
    const socket = connect({ ...ingress.tls, ...identity });
    socket.on('error', () => {});
    socket.once('secureConnect', () => {
      socket.write(
        `GET / HTTP/1.1\r\nhost: localhost:${ingress.port}\r\nconnection: close\r\n\r\n`,
      );
    });
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    await new Promise((resolve) => socket.once('close', resolve));
    assert.equal(answer.startsWith('HTTP/1.1 200'), admitted, answer);
    assert.equal(asked.length, admitted ? 1 : 0);
  });
}
