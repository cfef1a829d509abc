// The way through another proxy: asked for the very host, its no is a no, what it sends early is
// not lost, and an address is judged here whoever dials it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { connectThrough } from '../../net/connect-client.ts';
import { clientHello } from '../../testing/client-hello.ts';
import { openEgress } from '../../testing/egress.ts';
import { type FarEnd, farName, gone, nextBytes, openFarEnd } from '../../testing/far-end.ts';

/** Gives `answer` to the head it gets, keeps the head, and then echoes. */
async function openProxy(answer: string): Promise<FarEnd & { readonly heads: readonly string[] }> {
  const heads: string[] = [];
  const serve = async (socket: Socket) => {
    const [head] = (await once(socket, 'data')) as [Buffer];
    heads.push(head.toString('latin1'));
    socket.write(answer, 'latin1');
    socket.pipe(socket);
  };
  return Object.assign(await openFarEnd((socket) => void serve(socket)), { heads });
}

function open(rule: object, hosts = [farName], lists: object = {}) {
  const rules = [{ caller: 'llm', hosts, ports: [8443], ...rule }];
  return openEgress({
    settings: {
      rules,
      unsafeAllowAddresses: ['127.0.0.1'],
      limits: { dialTimeoutMs: 500 },
      ...lists,
    },
    answers: { 'proxy.example.com': ['127.0.0.1'] },
  });
}

const established = 'HTTP/1.1 200 Connection established\r\n\r\n';
const through = (port: number) => ({ upstreamProxy: `tcp:127.0.0.1:${port}` });

test('the tunnel goes through the proxy of the rule, which resolves the name itself', async () => {
  await using proxy = await openProxy(established);
  await using egress = await open(through(proxy.port));
  const client = await connectThrough(egress.address, farName, 8443, 'r', 5_000);
  client.write(clientHello());
  assert.ok((await nextBytes(client)).length > 0);
  client.end();
  await gone(client);
  await egress.stop();
  const [head = ''] = proxy.heads;
  assert.equal(head, `CONNECT ${farName}:8443 HTTP/1.1\r\nHost: ${farName}:8443\r\n\r\n`);
  assert.deepEqual(egress.resolved, []);
  const [record] = egress.telemetry.decisions();
  assert.deepEqual([record?.via, record?.end], [`tcp:127.0.0.1:${proxy.port}`, 'closed']);
});

test('what the far end sends right behind the answer reaches the client first', async () => {
  await using proxy = await openProxy(`${established}early`);
  await using egress = await open({ ...through(proxy.port), unsafeAllowPlaintext: true });
  const client = await connectThrough(egress.address, farName, 8443, 'r', 5_000);
  assert.equal((await nextBytes(client)).toString(), 'early');
  client.destroy();
});

const answers: readonly (readonly [string, string, number, string])[] = [
  ['a 403', 'HTTP/1.1 403 Forbidden\r\n\r\n', 502, 'upstream-refused'],
  ['a 407', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 502, 'upstream-refused'],
  ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n', 502, 'upstream-refused'],
  ['what is not HTTP', 'SSH-2.0-x\r\n\r\n', 502, 'upstream-refused'],
  ['a head without end', 'x'.repeat(20_000), 502, 'upstream-unreachable'],
  ['nothing in time', '', 504, 'dial-timeout'],
];
for (const [name, answer, status, reason] of answers) {
  test(`${name} from the proxy is ${reason}`, async () => {
    await using proxy = await openProxy(answer);
    await using egress = await open(through(proxy.port));
    const refused = connectThrough(egress.address, farName, 8443, 'r', 5_000);
    await assert.rejects(refused, { answer: { status, reason, requestId: 'r' } });
  });
}

test('a proxy that is not there is upstream-unreachable', async () => {
  const proxy = await openProxy('');
  await proxy[Symbol.asyncDispose]();
  await using egress = await open(through(proxy.port));
  await assert.rejects(connectThrough(egress.address, farName, 8443, 'r', 5_000), /unreachable/);
});

test('an address that nothing may reach is refused before the proxy is asked for it', async () => {
  await using proxy = await openProxy(established);
  await using egress = await open(through(proxy.port), ['169.254.169.254', '10.1.2.3']);
  for (const [host, reason] of [
    ['169.254.169.254', /address-never/],
    ['10.1.2.3', /address-not-public/],
  ] as const) {
    await assert.rejects(connectThrough(egress.address, host, 8443, 'r', 5_000), reason);
  }
  assert.deepEqual(proxy.heads, []);
});

const ask = (proxy: string) =>
  `CONNECT ${farName}:8443 HTTP/1.1\r\nX-Upstream-Https-Proxy: ${proxy}\r\n\r\n`;

test('a proxy that the client names is used when a rule allows it, and judged like any host', async () => {
  await using proxy = await openProxy(established);
  await using egress = await open({ clientProxies: ['proxy.example.com'] });
  const client = egress.connect();
  client.write(ask(`http://proxy.example.com:${proxy.port}`));
  assert.match((await nextBytes(client)).toString(), /^HTTP\/1\.1 200 /);
  assert.equal(proxy.heads.length, 1);
  assert.deepEqual(egress.resolved, ['proxy.example.com']);
  client.destroy();
});

test('an address that nothing may reach is refused before a proxy that the client names is', async () => {
  await using proxy = await openProxy(established);
  const term = { clientProxies: ['proxy.example.com'] };
  await using egress = await open(term, ['169.254.169.254', '10.1.2.3']);
  for (const [host, reason] of [
    ['169.254.169.254', 'address-never'],
    ['10.1.2.3', 'address-not-public'],
  ] as const) {
    const named = ask(`http://proxy.example.com:${proxy.port}`).replace(farName, host);
    assert.match(await egress.send(named), new RegExp(`x-clincher-reason: ${reason}\r\n`));
  }
  assert.deepEqual([proxy.heads, egress.resolved], [[], []]);
});

test('a proxy that the client names and that is denied to all is refused', async () => {
  const globalDeny = ['proxy.example.com'];
  await using egress = await open({ clientProxies: ['**.example.com'] }, [farName], { globalDeny });
  const answer = await egress.send(ask('http://proxy.example.com:3128'));
  assert.match(answer, /x-clincher-reason: proxy-not-allowed\r\n/);
  assert.deepEqual(egress.resolved, []);
});

for (const [name, proxy] of [
  ['that no rule allows', 'http://other.example.com:3128'],
  ['by its address', 'http://127.0.0.1:3128'],
  ['with a user in it', 'http://a@proxy.example.com:3128'],
  ['over TLS, which is not spoken to it', 'https://proxy.example.com:3128'],
  ['that is no URL', 'proxy.example.com'],
] as const) {
  test(`a proxy that the client names ${name} is refused, and nothing is resolved`, async () => {
    await using egress = await open({ clientProxies: ['proxy.example.com'] });
    assert.match(await egress.send(ask(proxy)), /x-clincher-reason: proxy-not-allowed\r\n/);
    assert.deepEqual(egress.resolved, []);
  });
}
