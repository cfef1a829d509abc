// Its owner says with SIGHUP that all of it is to be read again: also what looks unchanged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startIngress } from '../../testing/ingress.ts';
import { eventually, gateway, metrics } from '../../testing/ingress-contract/model.ts';

const taken = ['certificate-taken', 'rules-taken', 'token-taken'];

test('SIGHUP has rules, certificate and tokens read again, and nothing else is needed', async () => {
  await using ingress = await startIngress([gateway, metrics], { rules: { rate: null } });
  const said = () => {
    const events = ingress.telemetry.lines().map(({ event }) => String(event));
    return events.filter((event) => /-(taken|kept)$/.test(event)).sort();
  };
  assert.deepEqual(said(), []);
  process.emit('SIGHUP');
  await eventually(() => assert.deepEqual(said(), taken));
});
