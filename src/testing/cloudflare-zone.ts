// What the tests want of the fake of Cloudflare, and how they look at it.

import assert from 'node:assert/strict';
import { apiLimits, type CloudflareApi, connectApi } from '../cloudflare/api.ts';
import { applyChanges } from '../cloudflare/apply.ts';
import type { Change, Wanted } from '../cloudflare/model.ts';
import { observe } from '../cloudflare/observe.ts';
import { planChanges } from '../cloudflare/plan.ts';
import { ClincherError } from '../kit/error.ts';
import { Secret } from '../kit/secret.ts';
import type { CloudflareFake } from './cloudflare-api.ts';
import type { FakeState } from './cloudflare-state.ts';

export const host = 'agent.example.com';
const pem = (name: string) => `-----BEGIN ${name}-----\nMTIz\n-----END ${name}-----\n`;

export const wanted: Wanted = {
  host,
  zone: null,
  way: { addresses: ['198.51.100.7', '2001:db8::7'] },
  tunnelSecret: null,
  rateLimit: { requests: 100, periodSeconds: 10, blockSeconds: 10 },
  rules: [{ name: 'methods', expression: 'http.request.method eq "TRACE"', action: 'block' }],
  originPull: { certPem: pem('CERTIFICATE'), keyPem: new Secret(pem('PRIVATE KEY')) },
};

export const throughTunnel: Wanted = {
  ...wanted,
  way: { tunnel: 'clincher-agent' },
  tunnelSecret: new Secret(Buffer.alloc(32, 7).toString('base64')),
  originPull: null,
};

export function connect(fake: CloudflareFake): CloudflareApi {
  return connectApi(new Secret(fake.token), fake.root, { ...apiLimits, waitMsMax: 5 });
}

export async function plan(fake: CloudflareFake, what: Wanted = wanted): Promise<Change[]> {
  return planChanges(what, await observe(connect(fake), what));
}

export async function apply(fake: CloudflareFake, what: Wanted = wanted): Promise<Change[]> {
  const changes = await plan(fake, what);
  await applyChanges(connect(fake), changes, () => {});
  return changes;
}

/** The zone's state without what is new with every call: ids, and the order of things. */
export function stateOf({ zone }: FakeState): unknown {
  const plain = (items: readonly object[]) =>
    items.map((item) => JSON.stringify({ ...item, id: '', version: '' })).sort();
  return {
    settings: { ...zone.settings },
    records: plain(zone.records),
    rules: [...zone.rulesets].map(([phase, list]) => [phase, plain(list.rules)]).sort(),
    certificates: plain(zone.certificates),
    pulls: [...zone.pulls.keys()],
    tunnels: plain(zone.tunnels),
  };
}

/** Things of the user's own, in every list that we touch. */
export function plantForeign({ zone }: FakeState): void {
  const rule = { id: 'a1', ref: 'mine', version: '3', last_updated: 'x', action: 'block' };
  zone.rulesets.set('http_request_firewall_custom', {
    id: 'b2',
    rules: [{ ...rule, expression: 'ip.src eq 203.0.113.9', enabled: true }],
  });
  zone.records.push(
    {
      id: 'c3',
      type: 'A',
      name: 'example.com',
      content: '203.0.113.1',
      proxied: true,
      ttl: 1,
      comment: null,
    },
    { id: 'd4', type: 'TXT', name: host, content: 'v=1', proxied: false, ttl: 60, comment: null },
  );
}

export function isError(code: string, says: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ClincherError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.format(), says);
    return true;
  };
}
