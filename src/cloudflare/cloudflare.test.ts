// What is wanted of Cloudflare becomes so and stays so; what is somebody else's stays theirs; what
// fails leaves the zone as it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Fault, startCloudflare } from '../testing/cloudflare-api.ts';
import {
  apply,
  host,
  isError,
  plan,
  plantForeign,
  stateOf,
  throughTunnel,
  wanted,
} from '../testing/cloudflare-zone.ts';

for (const [name, what] of Object.entries({ addresses: wanted, 'a tunnel': throughTunnel })) {
  for (const free of [true, false]) {
    test(`a ${free ? 'free' : 'paid'} zone with ${name}: done once, nothing is left to do`, async () => {
      await using fake = await startCloudflare({ free });
      const changes = await apply(fake, what);
      assert.ok(changes.length >= 6, 'all was new');
      assert.deepEqual(await plan(fake, what), []);
      const { settings, records, rulesets } = fake.state.zone;
      assert.deepEqual(settings, {
        ssl: 'strict',
        min_tls_version: '1.2',
        always_use_https: 'on',
        websockets: 'on',
      });
      assert.ok(records.every((record) => record.proxied && record.name === host));
      assert.equal(rulesets.get('http_ratelimit')?.rules.length, 1);
    });

    test(`a ${free ? 'free' : 'paid'} zone with ${name}: a failure at any step leaves it as it was`, async () => {
      await using counted = await startCloudflare({ free });
      await apply(counted, what);
      const changing = counted.calls.filter((call) => !call.startsWith('GET')).length;
      assert.ok(changing >= 6);
      for (let at = 0; at < changing; at++) {
        await using fake = await startCloudflare({ free });
        plantForeign(fake.state);
        const before = stateOf(fake.state);
        let left = at;
        let failed = false;
        fake.fault = (method): Fault | null => {
          if (method === 'GET' || failed || left-- > 0) return null;
          failed = true;
          return { status: 400, code: 1004 };
        };
        await assert.rejects(apply(fake, what), isError('cloudflare-refused', /as it was/));
        assert.deepEqual(stateOf(fake.state), before, `after call ${at}`);
      }
    });
  }
}

test('whatever the zone holds, what is not ours stays, and a second run changes nothing', async () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const foreignRule = fc.record({
    ref: word,
    expression: word,
    action: fc.constantFrom('block', 'skip'),
  });
  const zone = fc.record({
    rules: fc.uniqueArray(foreignRule, { maxLength: 4, selector: ({ ref }) => ref }),
    records: fc.uniqueArray(word, { maxLength: 4 }),
    stale: fc.array(fc.constantFrom('198.51.100.7', '192.0.2.9', '192.0.2.10'), { maxLength: 3 }),
    ssl: fc.constantFrom('off', 'flexible', 'full', 'strict'),
    tls: fc.constantFrom('1.0', '1.1', '1.2', '1.3'),
    tunnel: fc.boolean(),
  });
  const property = fc.asyncProperty(zone, async ({ rules, records, stale, ssl, tls, tunnel }) => {
    await using fake = await startCloudflare({ free: false });
    const { zone: there } = fake.state;
    Object.assign(there.settings, { ssl, min_tls_version: tls });
    const foreign = rules.map((rule, index) => {
      return { ...rule, id: `f${index}`, version: '1', last_updated: 'x', enabled: true };
    });
    there.rulesets.set('http_request_firewall_custom', { id: 'abc', rules: [...foreign] });
    const others = records.map((name, index) => {
      const content = '203.0.113.1';
      return { id: `r${index}`, type: 'A', name, content, proxied: true, ttl: 1, comment: null };
    });
    const old = [...new Set(stale)].map((content, index) => {
      return {
        id: `o${index}`,
        type: 'A',
        name: host,
        content,
        proxied: false,
        ttl: 1,
        comment: 'clincher',
      };
    });
    there.records.push(...others, ...old);
    const what = tunnel ? throughTunnel : wanted;
    await apply(fake, what);
    const kept = there.rulesets.get('http_request_firewall_custom')?.rules ?? [];
    assert.deepEqual(
      kept.filter((rule) => !rule.ref.startsWith('clincher_')),
      foreign,
    );
    assert.deepEqual(
      there.records.filter((record) => record.name !== host),
      others,
    );
    const ours = there.records.filter((record) => record.name === host);
    assert.equal(ours.length, tunnel ? 1 : 2, 'no old record is left');
    assert.ok(tls !== '1.3' || there.settings.min_tls_version === '1.3', 'nothing is weakened');
    assert.deepEqual(await plan(fake, what), []);
  });
  await fc.assert(property, { numRuns: 40 });
});

test('a rule of ours that was changed by hand is put right, and one that is not wanted goes', async () => {
  await using fake = await startCloudflare();
  await apply(fake);
  const list = fake.state.zone.rulesets.get('http_request_firewall_custom');
  assert.ok(list?.rules[0] !== undefined);
  list.rules[0].enabled = false;
  const [change] = await plan(fake);
  assert.match(change?.from ?? '', /^disabled: block if/);
  await apply(fake);
  assert.deepEqual(await plan(fake), []);
  await apply(fake, { ...wanted, rules: [] });
  assert.deepEqual(fake.state.zone.rulesets.get('http_request_firewall_custom')?.rules, []);
});

test('a record that somebody else made for the host is not replaced', async () => {
  await using fake = await startCloudflare();
  const foreign = {
    id: 'c3',
    type: 'A',
    name: host,
    content: '203.0.113.1',
    proxied: true,
    ttl: 1,
    comment: 'web',
  };
  fake.state.zone.records.push(foreign);
  for (const what of [wanted, throughTunnel]) {
    await assert.rejects(apply(fake, what), isError('cloudflare-conflict', /203\.0\.113\.1/));
  }
  assert.deepEqual(fake.state.zone.records, [foreign]);
  assert.deepEqual(
    fake.calls.filter((call) => !call.startsWith('GET')),
    [],
  );
});

test('a tunnel that is configured at Cloudflare is not used', async () => {
  await using fake = await startCloudflare();
  const id = '11111111-1111-4111-8111-111111111111';
  fake.state.zone.tunnels.push({
    id,
    name: 'clincher-agent',
    config_src: 'cloudflare',
    secret: '',
  });
  await assert.rejects(
    plan(fake, throughTunnel),
    isError('cloudflare-conflict', /lead it elsewhere/),
  );
});
