// Attacks on the forwarding of plain HTTP, where a rule asks for it: none of them reaches a canary,
// and none makes the proxy look a name up.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openCanary, openEgress } from '../../testing/egress.ts';
import { forwardAttacks, forwardBodyAttacks } from '../../testing/egress-attacks/forwarded.ts';
import { type AttackRange, openAttackRange } from '../../testing/egress-attacks/range.ts';
import { inOwnNetwork } from '../../testing/netns.ts';
import { allowedHost, othersHost } from '../../verify/attacks/egress/write.ts';

inOwnNetwork(import.meta.url, {}, () => {
  let range: AttackRange;
  before(async () => {
    range = await openAttackRange([
      { caller: 'llm', hosts: [allowedHost], ports: [80], plainHttp: true },
      { caller: 'llm', hosts: ['tls.example.com'], ports: [80, 443] },
      { caller: 'gateway', hosts: [othersHost], ports: [80], plainHttp: true },
    ]);
  });
  after(() => range[Symbol.asyncDispose]());

  for (const attack of forwardAttacks) {
    test(`it does not help a forwarded request to ${attack.tries}: ${attack.reason}`, () =>
      range.mustRefuse(attack));
  }

  for (const { tries, bytes, status, reason } of forwardBodyAttacks) {
    test(`nor to ${tries}: ${reason}, and the host hears nothing`, async () => {
      await using canary = await openCanary(8_000, '192.0.2.1');
      await using egress = await openEgress({
        settings: {
          rules: [{ caller: 'llm', hosts: [allowedHost], ports: [8_000], plainHttp: true }],
          unsafeAllowAddresses: ['192.0.2.1'],
        },
        answers: { [allowedHost]: ['192.0.2.1'] },
      });
      const there = bytes.replaceAll(allowedHost, `${allowedHost}:8000`);
      const answer = await egress.send(there);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*: ${reason}\r\n`, 's'));
      assert.deepEqual(
        canary.contacts.map(({ text }) => text),
        [''],
      );
    });
  }

  test('no two requests are the same', () => {
    const distinct = new Set(forwardAttacks.map(({ bytes }) => bytes)).size;
    assert.equal(distinct, forwardAttacks.length);
  });
});
