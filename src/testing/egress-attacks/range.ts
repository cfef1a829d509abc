// Where attacks on the egress proxy are tried: the proxy on its socket, a resolver that would lead
// every name to this machine, and canaries wherever that is.

import assert from 'node:assert/strict';
import { allowedHost, allowedWildcard, othersHost } from '../../verify/attacks/egress/write.ts';
import type { WireAttack } from '../../verify/attacks/model.ts';
import { type EgressOptions, openEgress, type RunningEgress } from '../egress.ts';
import { type Canaries, openCanaries } from './canaries.ts';

export interface AttackRange extends AsyncDisposable {
  readonly egress: RunningEgress;
  readonly canaries: Canaries;
  /**
   * Refused with the declared status and reason, in the answer and in one record; nothing was
   * resolved, no canary reached, and the connection is closed.
   */
  mustRefuse(attack: WireAttack): Promise<void>;
}

const standardRules: EgressOptions['settings']['rules'] = [
  { caller: 'llm', hosts: [allowedHost, allowedWildcard] },
  { caller: 'gateway', hosts: [othersHost] },
];

export async function openAttackRange(rules = standardRules): Promise<AttackRange> {
  const canaries = await openCanaries();
  const egress = await openEgress({
    settings: { rules },
    resolve: async () => ['127.0.0.1'],
  });
  return {
    ...{ egress, canaries },
    async mustRefuse({ bytes, status, reason }) {
      const before = egress.telemetry.decisions().length;
      // A row that fails must not take the others with it.
      const [resolved, reached] = [egress.resolved.length, canaries.contacts.length];
      const answer = await egress.send(bytes);
      assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer.slice(0, 80));
      assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1, 'there is more than one answer');
      assert.match(answer, new RegExp(`\\r\\nx-clincher-reason: ${reason}\\r\\n`));
      assert.match(answer, /\r\nconnection: close\r\n/);
      const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
      const [record, ...more] = egress.telemetry.decisions().slice(before);
      assert.deepEqual(more, []);
      assert.equal(body.error.code, reason);
      assert.deepEqual([record?.verdict, record?.reason], ['deny', reason]);
      assert.equal(record?.requestId, body.error.request_id);
      assert.deepEqual(egress.resolved.slice(resolved), []);
      assert.deepEqual(canaries.contacts.slice(reached), []);
    },
    async [Symbol.asyncDispose]() {
      await egress[Symbol.asyncDispose]();
      await canaries[Symbol.asyncDispose]();
    },
  };
}
