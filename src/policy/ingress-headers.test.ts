// Forged forwarding headers, one row per proxy product that some server trusts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientClaims, isClientClaim } from './client-claims.ts';
import { answerHeaders, forwardedHeaders } from './ingress-headers.ts';

const page = (origin: string, ...scriptHosts: readonly string[]) => ({ origin, scriptHosts });
const client = { address: '203.0.113.7', requestId: 'id-1', host: 'agent.example' };

const forged = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Prefix',
  'X-Forwarded',
  'Forwarded-For',
  'X-Real-IP',
  'X-Client-IP',
  'Client-IP',
  'X-Cluster-Client-IP',
  'True-Client-IP',
  'Fastly-Client-IP',
  'CF-Connecting-IP',
  'CF-Connecting-IPv6',
  'CF-Access-Jwt-Assertion',
  'CF-Access-Authenticated-User-Email',
  'CF-Ray',
  'CDN-Loop',
  'Via',
  'X-Original-URL',
  'X-Original-Host',
  'X-Rewrite-URL',
  'X-Host',
  'X-HTTP-Method-Override',
  'X-Envoy-External-Address',
  'X-Amzn-Oidc-Identity',
  'X-Goog-IAP-JWT-Assertion',
  'X-MS-Client-Principal',
  'X-Auth-Request-User',
  'X-Pomerium-Claim-Email',
  'X-Pomerium-Jwt-Assertion',
  'X-Authentik-Username',
  'Remote-User',
  'X-Remote-User',
  'X-Webauth-User',
  'SSL-Client-Verify',
  'X-SSL-Client-Cert',
  'Tailscale-User-Login',
  'Tailscale-Headers-Info',
  'Tailscale-Funnel-Request',
  'X-OpenClaw-Scopes',
  'X-Clincher-Reason',
  'X-Request-Id',
  'X_Forwarded_For',
  'x_real_ip',
  'X-Forwarded_For',
];

for (const name of forged) {
  test(`a client's own ${name} never reaches a service`, () => {
    const told = forwardedHeaders(['Host', 'x', name, 'FORGED', 'Accept', '*/*'], client);
    assert.ok(!told.includes('FORGED'));
    assert.ok(told.includes('Accept'));
  });
}

test('what is listed by name is a claim, and has each row above that is of no unknown member', () => {
  for (const name of clientClaims.listed) assert.ok(isClientClaim(name), name);
  const plain = forged.map((name) => name.toLowerCase()).filter((name) => !name.includes('_'));
  assert.deepEqual(
    plain.filter((name) => !clientClaims.listed.includes(name)),
    [],
  );
});

const innocent = ['Accept', 'Authorization', 'Cookie', 'Origin', 'Referer', 'User-Agent'];
const ofOpenclaw = [
  'X-OpenClaw-Session-Key',
  'X-OpenClaw-Agent-Id',
  'Sec-WebSocket-Key',
  'X-Requested-With',
];

test('what is not a claim about the client goes through', () => {
  for (const name of [...innocent, ...ofOpenclaw]) assert.equal(isClientClaim(name), false, name);
});

test('each forwarding header is said once, from the socket', () => {
  const told = forwardedHeaders(['Host', 'other', 'X-Forwarded-For', '1.2.3.4'], client);
  assert.deepEqual(told, [
    ...['Host', 'agent.example'],
    ...['X-Forwarded-For', '203.0.113.7'],
    ...['X-Forwarded-Proto', 'https'],
    ...['X-Forwarded-Host', 'agent.example'],
    ...['X-Request-Id', 'id-1'],
  ]);
});

const addresses: readonly (readonly [socket: string, told: string])[] = [
  ['127.0.0.1', '192.0.2.1'],
  ['127.8.8.8', '192.0.2.1'],
  ['::1', '192.0.2.1'],
  ['::ffff:127.0.0.1', '192.0.2.1'],
  ['', '192.0.2.1'],
  ['not an address', '192.0.2.1'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['10.1.2.3', '10.1.2.3'],
  ['2001:db8::7', '2001:db8::7'],
];

test('the gateway never takes a client for itself: loopback is told as a documentation address', () => {
  for (const [address, told] of addresses) {
    assert.equal(forwardedHeaders([], { ...client, address })[3], told, address);
  }
});

test('whatever the client sends, the forwarding headers are ours', () => {
  const name = fc.oneof(fc.constantFrom(...forged), fc.constantFrom(...innocent), fc.string());
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string())), (pairs) => {
      const told = forwardedHeaders(pairs.flat(), client);
      const claims = told.filter((text, index) => index % 2 === 0 && isClientClaim(text));
      assert.deepEqual(claims, [
        'X-Forwarded-For',
        'X-Forwarded-Proto',
        'X-Forwarded-Host',
        'X-Request-Id',
      ]);
    }),
  );
});

test('HSTS is sent for a public name alone', () => {
  const pinned = (origin: string) =>
    answerHeaders([], 'id', page(origin)).includes('Strict-Transport-Security');
  assert.deepEqual(
    [
      'https://agent.example',
      'https://localhost:8443',
      'https://a.localhost',
      'https://192.0.2.1',
      'https://[2001:db8::1]',
    ].map(pinned),
    [true, false, false, false, false],
  );
});

test('a service that says who may frame it is not contradicted', () => {
  const csp = ['Content-Security-Policy', "frame-ancestors 'self'"];
  assert.ok(!answerHeaders(csp, 'id', page('https://localhost')).includes('X-Frame-Options'));
  assert.ok(answerHeaders([], 'id', page('https://localhost')).includes('X-Frame-Options'));
});

const scriptsOf = (headers: readonly string[], ...hosts: readonly string[]) => {
  const told = answerHeaders(headers, 'id', page('https://localhost:8443', ...hosts));
  const policies = told.filter((_, index) => told[index - 1] === 'Content-Security-Policy');
  return /script-src ([^;]*)/.exec(policies.at(-1) ?? '')?.[1];
};

test('scripts come from the host alone; what is written into a page is for its own policy to judge', () => {
  const judged = "'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:";
  assert.equal(scriptsOf([]), "'self'");
  assert.equal(scriptsOf(['Content-Security-Policy', "img-src 'self'"]), "'self'");
  assert.equal(scriptsOf(['Content-Security-Policy-Report-Only', "script-src 'none'"]), "'self'");
  assert.equal(scriptsOf(['content-security-policy', "script-src 'self' 'sha256-x'"]), judged);
  assert.equal(scriptsOf(['Content-Security-Policy', "default-src 'none'"]), judged);
});

test('another host’s scripts are taken where it was said here and by the service itself', () => {
  const own = ['Content-Security-Policy', "script-src 'nonce-x' https://telegram.org"];
  assert.match(scriptsOf(own, 'telegram.org') ?? '', / https:\/\/telegram\.org$/);
  assert.doesNotMatch(scriptsOf(own) ?? '', /telegram/);
  assert.equal(scriptsOf([], 'telegram.org'), "'self'");
});

test('a page may load nothing from elsewhere, whatever the service allows it', () => {
  const own = ['Content-Security-Policy', "default-src 'self'; img-src https:"];
  const told = answerHeaders(own, 'id', page('https://localhost:8443'));
  const policies = told.filter((_, index) => told[index - 1] === 'Content-Security-Policy');
  assert.equal(policies.length, 2, 'the browser obeys both');
  assert.match(policies[1] ?? '', /img-src 'self' data: blob:;/);
  assert.match(policies[1] ?? '', /connect-src 'self' wss:\/\/localhost:8443 data: blob:;/);
  assert.doesNotMatch(policies[1] ?? '', /https?:/);
});
