// The stack with nginx or Caddy at the ingress: brought up in jails like any other, asked from
// outside, and verified, where every attack on the ingress is refused as by our own server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ingressPrograms } from '../src/roles/ingress/settings.ts';
import { type OutsideCanaries, openOutside } from '../src/testing/canary-outside.ts';
import { exampleOptions } from '../src/testing/example-options.ts';
import { comesThrough } from '../src/testing/ingress-stack.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { differences } from '../src/testing/raw-verification.ts';
import { bringUpVerified, inJails, type VerifiedStack } from '../src/testing/verified-stack.ts';

const ports = { caddy: 8_443, nginx: 8_444 } as const;

inOwnNetwork(import.meta.url, {}, () => {
  const stacks = new Map<string, VerifiedStack>();
  let outside: OutsideCanaries;
  before(async () => {
    outside = await openOutside();
    await Promise.all(
      ingressPrograms.map(async (name) => {
        const listen = { host: '127.0.0.1', port: ports[name] };
        const origin = `https://localhost:${listen.port}`;
        const program = { name, version: null };
        const ingress = { ...exampleOptions().ingress, listen, origin, program };
        stacks.set(name, await bringUpVerified(inJails({ ingress })));
      }),
    );
  });
  after(async () => {
    for (const stack of stacks.values()) await stack[Symbol.asyncDispose]();
    await outside?.[Symbol.asyncDispose]();
  });
  const stackOf = (name: string) => stacks.get(name) ?? assert.fail(name);

  // What takes time is waiting for attackers to be slow.
  describe('verified', { concurrency: true }, () => {
    for (const name of ingressPrograms) {
      test(`with ${name} what runs is what was declared, and attacks are refused`, async () => {
        assert.deepEqual(differences(await stackOf(name).verify()), []);
      });
    }
  });

  for (const name of ingressPrograms) {
    test(`through ${name} come a request and a WebSocket, and the log has them`, async () => {
      await comesThrough(stackOf(name), ports[name]);
    });
  }
});
