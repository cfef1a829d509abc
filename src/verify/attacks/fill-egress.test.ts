// Egress's attacks in the words of a stack: its hosts in place of those of the tables, the canary's
// port, and nothing of what its own rules allow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPlace } from '../../kit/place.ts';
import type { ServicePlan } from '../../plan/model.ts';
import type { Edge } from '../../topology/model.ts';
import { egressTables } from './egress/tables.ts';
import { fillEgress } from './fill-egress.ts';
import type { WireAttack, WireTable } from './model.ts';

const edge: Edge = {
  ...{ id: 'llm--egress.proxy', from: 'llm', to: 'egress', port: 'proxy', protocol: 'connect' },
  ...{ zone: 'z', purpose: '', at: defaultPlace('clincher.yaml') },
};
const guardOf = (rules: readonly object[]) => ({ settings: { rules } }) as unknown as ServicePlan;
const own = { caller: 'llm', hosts: ['api.anthropic.com'], ports: [443] };
const others = { caller: 'gateway', hosts: ['slack.com'], ports: [443] };

function filled(tries: string, rules: readonly object[] = [own, others]): string | null {
  const found = egressTables.flatMap((table): [WireTable, WireAttack][] => {
    const attack = table.attacks.find((each) => each.tries === tries);
    return attack === undefined ? [] : [[table, attack]];
  });
  const [pair] = found;
  assert.ok(pair !== undefined, tries);
  return fillEgress(pair[0], pair[1], { edge, guard: guardOf(rules), canaryPort: 4_321 });
}

test('the allowed host and the host of another are those of the stack', () => {
  assert.match(filled('announce a body') ?? '', /^CONNECT api\.anthropic\.com:443 HTTP/);
  assert.match(filled('take a role of Smokescreen') ?? '', /^CONNECT slack\.com:443 HTTP/);
});

test('where the guard must not dial, the canary listens', () => {
  assert.match(filled('reach the machine by its address') ?? '', /^CONNECT 127\.0\.0\.1:4321 HTTP/);
});

test('what the rules of the stack allow is no attack on it', () => {
  const wide = { ...own, hosts: ['api.anthropic.com', '*.api.anthropic.com'] };
  assert.equal(filled('reach a name below the allowed one', [wide]), null);
  assert.notEqual(filled('reach a name below the allowed one'), null);
  assert.equal(filled('speak SSH to it', [{ ...own, ports: [443, 22] }]), null);
  assert.equal(filled('forward a GET', [{ ...own, plainHttp: true }]), null);
  assert.equal(filled('reach another name', [{ ...own, mode: 'open' }]), null);
  assert.equal(filled('speak SSH to it', [{ ...own, hosts: [] }]), null);
});
