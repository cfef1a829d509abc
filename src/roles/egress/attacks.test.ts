// Attacks on the proxy as bytes on its socket, in a network of its own where a canary listens at
// every address: none may be reached, and no name that is not allowed may be asked for.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openEgress } from '../../testing/egress.ts';
import { type AttackRange, openAttackRange } from '../../testing/egress-attacks/range.ts';
import { inOwnNetwork } from '../../testing/netns.ts';
import { framingAttacks, steeringAttacks } from '../../verify/attacks/egress/headers.ts';
import {
  portAttacks,
  spellingAttacks,
  undeclaredHostAttacks,
  wildcardPortAttacks,
} from '../../verify/attacks/egress/hosts.ts';
import { methodAttacks } from '../../verify/attacks/egress/methods.ts';
import { requestLineAttacks, targetAttacks } from '../../verify/attacks/egress/request-lines.ts';
import { connectTo } from '../../verify/attacks/egress/write.ts';
import type { WireAttack } from '../../verify/attacks/model.ts';

const requests: readonly WireAttack[] = [
  ...requestLineAttacks,
  ...targetAttacks,
  ...framingAttacks,
  ...methodAttacks,
  ...spellingAttacks,
  ...undeclaredHostAttacks,
  ...portAttacks,
  ...wildcardPortAttacks,
  ...steeringAttacks,
];

/** Local ones among the addresses that the tables name, for the canaries to be there. */
const addresses = ['10.0.0.1', '2001:db8::1', 'fd00:ec2::254'];

inOwnNetwork(import.meta.url, { addresses }, () => {
  let range: AttackRange;
  before(async () => {
    range = await openAttackRange();
  });
  after(() => range[Symbol.asyncDispose]());

  for (const attack of requests) {
    test(`it does not help to ${attack.tries}: ${attack.reason}`, () => range.mustRefuse(attack));
  }

  test('no two requests are the same, nor are two named the same', () => {
    const distinct = (texts: readonly string[]) => new Set(texts).size;
    assert.equal(distinct(requests.map(({ bytes }) => bytes)), requests.length);
    assert.equal(distinct(requests.map(({ tries }) => tries)), requests.length);
    assert.ok(requests.length >= 200, String(requests.length));
  });

  for (const attack of [...requestLineAttacks, ...framingAttacks].slice(0, -1)) {
    test(`nor to ${attack.tries} with an allowed request behind it`, () =>
      range.mustRefuse({ ...attack, bytes: attack.bytes + connectTo('api.example.com:443') }));
  }

  test('an allowed request behind a denied one is not read', () =>
    range.mustRefuse({
      tries: 'smuggle',
      bytes: connectTo('evil.example:443') + connectTo('api.example.com:443'),
      ...{ status: 403, reason: 'host-not-allowed' },
    }));

  test('the log says which line would allow a name, and the caller is not told', async () => {
    const answer = await range.egress.send(connectTo('other.example:443'));
    assert.ok(!answer.includes('egress.rules'));
    const fix = range.egress.telemetry.decisions().at(-1)?.fix;
    assert.equal(fix, 'egress.rules: - { caller: llm, hosts: [other.example], ports: [443] }');
  });

  test('a denied name is never asked of the resolver, and an allowed one is', async () => {
    const rules = [{ caller: 'llm', hosts: ['api.example.com'] }];
    const settings = { rules, limits: { resolveTimeoutMs: 500 } };
    await using egress = await openEgress({ settings, resolve: 'system' });
    for (const { bytes } of undeclaredHostAttacks) await egress.send(bytes);
    assert.equal(range.canaries.contacts.length, 0);
    await egress.send(connectTo('api.example.com:443'));
    assert.ok(range.canaries.contacts.includes('udp 53'), 'the canary cannot hear');
  });

  test('the canaries hear a tunnel that is allowed', async () => {
    const rules = [{ caller: 'llm', hosts: ['api.example.com'] }];
    await using egress = await openEgress({
      settings: { rules, unsafeAllowAddresses: ['10.0.0.1'] },
      answers: { 'api.example.com': ['10.0.0.1'] },
    });
    await egress.send(connectTo('api.example.com:443'));
    assert.ok(range.canaries.contacts.includes('tcp 443'));
  });
});
