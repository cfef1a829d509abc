// A plan that names networks, once the services have been asked which addresses they have there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../plan/model.ts';
import { settleAddresses, settled } from './settle-addresses.ts';
import type { Surveyed } from './survey.ts';

const subnet = '10.192.0.64/26';

function surveyed(name: string, address: string, plan: object): Surveyed {
  const interfaces = [{ name: 'eth0', address }];
  return { name, plan, system: { interfaces } } as unknown as Surveyed;
}

test('each network becomes the address that the one it is said of has in it', () => {
  const [gateway, llm] = settleAddresses([
    surveyed('gateway', '10.192.0.70', {
      bridges: [{ bridge: 'a', subnet, address: subnet }],
      reaches: [{ edge: 'e', peer: 'llm', address: `tcp:llm@${subnet}:4000` }],
    }),
    surveyed('llm', '10.192.0.71', {
      answers: [{ edge: 'e', peer: 'gateway', address: `tcp:${subnet}:4000` }],
    }),
  ]);
  assert.equal(gateway?.plan.bridges?.[0]?.address, '10.192.0.70');
  assert.equal(gateway.plan.reaches?.[0]?.address, 'tcp:10.192.0.71:4000');
  assert.equal(llm?.plan.answers?.[0]?.address, 'tcp:10.192.0.71:4000');
});

test('who has no address in it is looked for nowhere else', () => {
  const [gateway] = settleAddresses([
    surveyed('gateway', '10.192.1.70', {
      bridges: [{ bridge: 'a', subnet, address: subnet }],
      reaches: [{ edge: 'e', peer: 'llm', address: `tcp:llm@${subnet}:4000` }],
    }),
  ]);
  assert.equal(gateway?.plan.bridges?.[0]?.address, '');
  assert.equal(gateway.plan.reaches?.[0]?.address, `tcp:llm@${subnet}:4000`);
});

test('what is an address already stays what it is', () => {
  const plan = {
    bridges: [{ bridge: 'a', subnet: '10.192.0.0/29', address: '10.192.0.2' }],
    answers: [{ edge: 'e', peer: 'p', address: 'tcp:10.192.0.2:4000' }],
  };
  const [one] = settleAddresses([surveyed('llm', '10.192.0.2', plan)]);
  assert.deepEqual(one?.plan, plan);
});

test('of who could not be asked the plan is as it was', () => {
  const reaches = [{ edge: 'e', peer: 'llm', address: `tcp:llm@${subnet}:4000` }];
  const services = [
    surveyed('llm', '10.192.0.66', { bridges: [], answers: [] }),
    surveyed('gateway', '10.192.0.67', { bridges: [], reaches }),
  ];
  const [, gateway] = settleAddresses(services);
  const away = { name: 'away' };
  const plans = [{ name: 'llm' }, { name: 'gateway' }, away];
  const plan = { services: plans } as unknown as Plan;
  const found = settled(plan, gateway === undefined ? [] : [gateway]).services;
  assert.equal(found[1]?.reaches?.[0]?.address, 'tcp:10.192.0.66:4000');
  assert.equal(found[2], away);
});
