// What can go wrong between us and Cloudflare's API: each is one clear error, and shows no secret.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClincherError } from '../kit/error.ts';
import { Secret } from '../kit/secret.ts';
import { type Fault, startCloudflare } from '../testing/cloudflare-api.ts';
import {
  apply,
  connect,
  isError,
  plan,
  stateOf,
  throughTunnel,
  wanted,
} from '../testing/cloudflare-zone.ts';
import { apiLimits, connectApi } from './api.ts';
import { applyChanges } from './apply.ts';
import { observe } from './observe.ts';

for (const [right, says] of [
  ['dns', /Zone \/ DNS \/ Edit/],
  ['settings', /Zone Settings/],
  ['waf', /Zone WAF/],
  ['ssl', /SSL and Certificates/],
  ['tunnel', /Cloudflare Tunnel/],
] as const) {
  test(`a token without the right for ${right} is told which, before anything is changed`, async () => {
    const rights = ['dns', 'settings', 'waf', 'ssl', 'tunnel'].filter((one) => one !== right);
    await using fake = await startCloudflare({ rights });
    await assert.rejects(apply(fake, throughTunnel), isError('cloudflare-refused', says));
    assert.deepEqual(
      fake.calls.filter((call) => !call.startsWith('GET')),
      [],
    );
  });
}

test('a wrong token and one that has ended are told, and never shown', async () => {
  await using fake = await startCloudflare();
  const wrong = connectApi(new Secret('wrong-token-value'), fake.root);
  await assert.rejects(observe(wrong, wanted), (error: unknown) => {
    assert.ok(error instanceof ClincherError);
    assert.match(error.format(), /Invalid API Token.*\n.*secret set/);
    assert.ok(!error.format().includes('wrong-token-value'));
    return true;
  });
  fake.state.tokenStatus = 'expired';
  await assert.rejects(plan(fake), isError('cloudflare-refused', /expired/));
});

test('a refused change names neither the token nor a private key', async () => {
  await using fake = await startCloudflare();
  fake.fault = (method) => (method === 'GET' ? null : { status: 400 });
  await assert.rejects(apply(fake), (error: unknown) => {
    assert.ok(error instanceof ClincherError);
    assert.ok(!error.format().includes(fake.token));
    assert.ok(!error.format().includes('PRIVATE KEY'));
    return true;
  });
});

test('a rule that does not parse is told, and the zone is as it was', async () => {
  await using fake = await startCloudflare();
  const before = stateOf(fake.state);
  const rules = [{ name: 'broken', expression: "a eq 'b'", action: 'block' }] as const;
  await assert.rejects(
    apply(fake, { ...wanted, rules }),
    isError('cloudflare-refused', /could not parse/),
  );
  assert.deepEqual(stateOf(fake.state), before);
});

test('told to wait, it waits and goes on; told so again and again, it says when to come back', async () => {
  await using fake = await startCloudflare();
  let left = 2;
  fake.fault = () => (left-- > 0 ? { status: 429, retryAfter: 0 } : null);
  assert.ok((await plan(fake)).length > 0);
  fake.fault = () => ({ status: 429, retryAfter: 30 });
  await assert.rejects(plan(fake), isError('cloudflare-refused', /try again in 30 s/));
});

const faults: readonly (readonly [string, Fault, RegExp])[] = [
  ['a cut connection', 'cut', /could not be asked/],
  ['a page that is no JSON', 'not-json', /no reason given/],
  ['a failure of its own', { status: 503 }, /answered 503/],
];
for (const [name, fault, says] of faults) {
  test(`${name}: a read is tried again, a change is not`, async () => {
    await using fake = await startCloudflare();
    let left = fault === 'not-json' ? 0 : 1;
    fake.fault = () => (left-- > 0 ? fault : null);
    assert.ok((await plan(fake)).length > 0);
    const changes = await plan(fake);
    let asked = 0;
    fake.fault = (method) => {
      if (method === 'GET') return null;
      asked += 1;
      return asked === 1 ? fault : null;
    };
    await assert.rejects(
      applyChanges(connect(fake), changes, () => {}),
      (error: unknown) => {
        assert.ok(error instanceof ClincherError);
        assert.match(error.format(), says);
        return true;
      },
    );
    assert.equal(asked, 1);
  });
}

test('an answer that goes on for ever is ended', async () => {
  await using fake = await startCloudflare();
  const small = connectApi(new Secret(fake.token), fake.root, {
    ...apiLimits,
    bytesMax: 20,
    retries: 0,
  });
  await assert.rejects(observe(small, wanted), isError('cloudflare-unreachable', /longer than 20/));
});

test('a redirect is not followed: whoever it leads to would be given the token', async () => {
  await using fake = await startCloudflare();
  await using other = await startCloudflare();
  fake.fault = () => ({ status: 307, location: `${other.root}/user/tokens/verify` });
  const api = connectApi(new Secret(fake.token), fake.root, { ...apiLimits, retries: 0 });
  await assert.rejects(observe(api, wanted), isError('cloudflare-unreachable', /redirect/));
  assert.deepEqual(other.calls, []);
});
