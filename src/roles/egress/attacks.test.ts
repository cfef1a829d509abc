// Attacks on the proxy as bytes on its socket, in a network of its own where a canary listens at
// every address: none may be reached, and no name that is not allowed may be asked for.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Canary, openCanary, openEgress, type RunningEgress } from '../../testing/egress.ts';
import { inOwnNetwork } from '../../testing/netns.ts';

const ok = 'CONNECT api.example.com:443 HTTP/1.1\r\n';
const head = (line: string, ...headers: string[]) => [line, ...headers, '', ''].join('\r\n');
const to = (authority: string, ...headers: string[]) =>
  head(`CONNECT ${authority} HTTP/1.1`, ...headers);

/** What no HTTP reader may be left to interpret: refused before any decision. */
const malformed: readonly (readonly [string, string])[] = [
  ['HTTP/1.0', head('CONNECT api.example.com:443 HTTP/1.0')],
  ['HTTP/2', head('CONNECT api.example.com:443 HTTP/2.0')],
  ['HTTP/1.10', head('CONNECT api.example.com:443 HTTP/1.10')],
  ['no version', head('CONNECT api.example.com:443')],
  ['a version in lower case', head('CONNECT api.example.com:443 http/1.1')],
  ['two spaces', head('CONNECT  api.example.com:443 HTTP/1.1')],
  ['a tab for a space', head('CONNECT\tapi.example.com:443 HTTP/1.1')],
  ['a trailing space', head('CONNECT api.example.com:443 HTTP/1.1 ')],
  ['a leading space', head(' CONNECT api.example.com:443 HTTP/1.1')],
  ['a leading empty line', `\r\n${head('CONNECT api.example.com:443 HTTP/1.1')}`],
  ['two targets', head('CONNECT api.example.com:443 evil.example:443 HTTP/1.1')],
  ['bare line feeds', 'CONNECT api.example.com:443 HTTP/1.1\n\n'],
  ['one bare line feed', `${ok}X: y\nHost: api.example.com\r\n\r\n`],
  ['a bare carriage return', `${ok}X: y\rHost: evil.example\r\n\r\n`],
  ['CR CR LF', `CONNECT api.example.com:443 HTTP/1.1\r\r\n\r\n`],
  ['a NUL in the target', to('api.example.com\0.evil.example:443')],
  ['a NUL in a header', to('api.example.com:443', 'X: a\0b')],
  ['a byte above ASCII', to('api.example.com:443', 'X: \xff')],
  ['an escape sequence', to('api.example.com:443', 'X: \x1b[2J')],
  ['no port', to('api.example.com')],
  ['an empty port', to('api.example.com:')],
  ['port zero', to('api.example.com:0')],
  ['port 65536', to('api.example.com:65536')],
  ['a port with a leading zero', to('api.example.com:0443')],
  ['a port with a sign', to('api.example.com:+443')],
  ['a negative port', to('api.example.com:-443')],
  ['a port in hexadecimal', to('api.example.com:0x1bb')],
  ['a port by name', to('api.example.com:https')],
  ['a huge port', to('api.example.com:4294967739')],
  ['two ports', to('api.example.com:443:80')],
  ['no host', to(':443')],
  ['absolute form', to('https://api.example.com:443/')],
  ['a path', to('api.example.com:443/')],
  ['a user part', to('api.example.com:443@evil.example:443')],
  ['a user part before the host', to('user@api.example.com:443')],
  ['a backslash', to('api.example.com\\evil.example:443')],
  ['a fragment', to('evil.example#api.example.com:443')],
  ['a query', to('evil.example?api.example.com:443')],
  ['a name in brackets', to('[api.example.com]:443')],
  ['IPv4 in brackets', to('[127.0.0.1]:443')],
  ['nested brackets', to('[[::1]]:443')],
  ['an open bracket', to('[::1:443')],
  ['bytes after a bracket', to('[::1]evil:443')],
  ['IPv6 without brackets', to('::1:443')],
  ['Content-Length', to('api.example.com:443', 'Content-Length: 4')],
  ['Content-Length of zero', to('api.example.com:443', 'content-length: 0')],
  ['Transfer-Encoding', to('api.example.com:443', 'Transfer-Encoding: chunked')],
  ['both lengths', to('api.example.com:443', 'Content-Length: 4', 'Transfer-Encoding: chunked')],
  ['Expect', to('api.example.com:443', 'Expect: 100-continue')],
  ['Upgrade', to('api.example.com:443', 'Upgrade: h2c')],
  ['two Host headers', to('api.example.com:443', 'Host: api.example.com', 'Host: evil.example')],
  [
    'the same Host twice',
    to('api.example.com:443', 'Host: api.example.com', 'Host: api.example.com'),
  ],
  ['another Host', to('api.example.com:443', 'Host: evil.example:443')],
  ['the Host on another port', to('api.example.com:443', 'Host: api.example.com:80')],
  ['an empty Host', to('api.example.com:443', 'Host: ')],
  ['two request ids', to('api.example.com:443', 'X-Request-Id: a', 'x-request-id: b')],
  ['a space before a colon', to('api.example.com:443', 'Host : api.example.com:443')],
  ['a folded header', `${ok}X: a\r\n Host: evil.example\r\n\r\n`],
  ['a header without a name', to('api.example.com:443', ': x')],
  ['a header without a colon', to('api.example.com:443', 'Host')],
  ['too many headers', to('api.example.com:443', ...Array<string>(65).fill('X: y'))],
  ['a TLS hello', '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00'],
  ['SOCKS 5', '\x05\x01\x00'],
];

/** Hosts that are not in their one plain form, and hosts that are and have no rule. */
const hosts: readonly (readonly [string, string, string])[] = [
  ['host-malformed', 'a trailing dot', 'api.example.com.:443'],
  ['host-malformed', 'a leading dot', '.api.example.com:443'],
  ['host-malformed', 'a decimal address', '2130706433:443'],
  ['host-malformed', 'an octal address', '0177.0.0.1:443'],
  ['host-malformed', 'a hexadecimal address', '0x7f000001:443'],
  ['host-malformed', 'a short address', '127.1:443'],
  ['host-malformed', 'a percent code', 'api%2eexample.com:443'],
  ['host-malformed', 'a wildcard', '*.wild.example.com:443'],
  ['host-malformed', 'an IPv6 address with a zone', '[fe80::1%lo]:443'],
  ['host-malformed', 'a mapped address', '[::ffff:127.0.0.1]:443'],
  ['host-not-allowed', 'a loopback address', '127.0.0.1:443'],
  ['host-not-allowed', 'the metadata address', '169.254.169.254:443'],
  ['host-not-allowed', 'an IPv6 loopback address', '[::1]:443'],
  ['host-not-allowed', 'a public address', '192.0.2.1:443'],
  ['host-not-allowed', 'another name', 'evil.example:443'],
  ['host-not-allowed', 'localhost', 'localhost:443'],
  ['host-not-allowed', 'a name below', 'x.api.example.com:443'],
  ['host-not-allowed', 'a name around', 'api.example.com.evil.example:443'],
  ['host-not-allowed', 'a name glued on', 'evilapi.example.com:443'],
  ['host-not-allowed', 'the apex of a wildcard', 'wild.example.com:443'],
  ['host-not-allowed', 'two labels for a wildcard', 'data.more.wild.example.com:443'],
  ['host-not-allowed', 'a name of another caller', 'chat.example.com:443'],
  ['host-not-allowed', 'a name of JavaScript', 'constructor:443'],
  ['port-not-allowed', 'another port', 'api.example.com:80'],
  ['port-not-allowed', 'the port of SSH', 'api.example.com:22'],
];

inOwnNetwork(import.meta.url, {}, () => {
  let canary: Canary;
  let egress: RunningEgress;
  before(async () => {
    canary = await openCanary(443);
    egress = await openEgress({
      settings: {
        rules: [
          { caller: 'llm', hosts: ['api.example.com', '*.wild.example.com'], ports: [443] },
          { caller: 'gateway', hosts: ['chat.example.com'] },
        ],
      },
      resolve: async () => ['127.0.0.1'],
    });
  });
  after(async () => {
    await egress[Symbol.asyncDispose]();
    await canary[Symbol.asyncDispose]();
  });

  const attack = async (bytes: string, status: number, reason: string) => {
    const answer = await egress.send(bytes);
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer.slice(0, 80));
    assert.match(answer, new RegExp(`\\r\\nx-clincher-reason: ${reason}\\r\\n`));
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
    const record = egress.telemetry.decisions().at(-1);
    assert.equal(body.error.code, reason);
    assert.deepEqual([record?.verdict, record?.reason], ['deny', reason]);
    assert.equal(record?.requestId, body.error.request_id);
    assert.deepEqual(egress.resolved, []);
    assert.equal(canary.contacts.length, 0);
  };

  for (const [name, bytes] of malformed) {
    test(`a request with ${name} is refused`, () => attack(bytes, 400, 'request-malformed'));
    test(`and so it is with a second request behind: ${name}`, () =>
      attack(`${bytes}${to('evil.example:443')}`, 400, 'request-malformed'));
  }
  for (const [reason, name, authority] of hosts) {
    const status = reason === 'host-malformed' ? 400 : 403;
    test(`${name} is ${reason} and never resolved`, () => attack(to(authority), status, reason));
  }
  for (const method of [
    'GET',
    'POST',
    'connect',
    'Connect',
    'OPTIONS',
    'PRI',
    'CONNECTX',
    'TRACE',
  ]) {
    test(`the method ${method} is refused`, () =>
      attack(head(`${method} api.example.com:443 HTTP/1.1`), 405, 'method-refused'));
  }
  for (const target of ['http://api.example.com/', 'http://169.254.169.254/', '/', '*']) {
    test(`a GET of ${target} is not forwarded`, () =>
      attack(head(`GET ${target} HTTP/1.1`, 'Host: api.example.com'), 405, 'method-refused'));
  }
  test('a request after a refused one is not read', async () => {
    const before = egress.telemetry.decisions().length;
    const answer = await egress.send(to('evil.example:443') + to('api.example.com:443'));
    assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
    assert.equal(egress.telemetry.decisions().length, before + 1);
  });
  test('the log says which line would allow a name, and the caller is not told', async () => {
    const answer = await egress.send(to('other.example:443'));
    assert.ok(!answer.includes('egress.rules'));
    const fix = egress.telemetry.decisions().at(-1)?.fix;
    assert.equal(fix, 'egress.rules: - { caller: llm, hosts: [other.example], ports: [443] }');
  });
});
