// A whole model proxy whose budgets are in a Redis that only egress can reach: with a rule for it
// money is spent, without one nothing is.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { makeLocalCertificate } from '../../../cli/certificate.ts';
import { dialAddress } from '../../../net/dial.ts';
import { openEgress } from '../../../testing/egress.ts';
import { askModel } from '../../../testing/provider-calls.ts';
import { startLlmStack } from '../../../testing/provider-stack.ts';
import { startRedis } from '../../../testing/redis-server.ts';
import { sharedProvider } from '../../../testing/shared-provider.ts';
import { temporaryFolder } from '../../../testing/wire.ts';
import { redisDial } from './settings.ts';

const provider = await sharedProvider();

async function askedOver(hosts: readonly string[]) {
  await using redis = await startRedis();
  const { caPem, certPem, keyPem } = await makeLocalCertificate(['redis.test'], Date.now());
  await using server = createServer({ cert: certPem, key: keyPem }, async (secure) => {
    const plain = await redis.connect();
    secure.on('error', () => plain.destroy()).pipe(plain);
    plain.on('error', () => secure.destroy()).pipe(secure);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await using egress = await openEgress({
    settings: { rules: [{ caller: 'llm', hosts: [...hosts], ports: [6_379] }] },
    answers: { 'redis.test': ['1.1.1.1'] },
    // Nothing leaves the machine: what egress would dial is the test's own.
    dial: (_address, _port, timeoutMs) =>
      dialAddress('127.0.0.1', (server.address() as AddressInfo).port, timeoutMs),
  });
  const told = { url: 'rediss://redis.test', instance: 'one', instances: 1, timeoutMs: 3_000 };
  await using folder = await temporaryFolder();
  const caFile = join(folder.path, 'ca.pem');
  await writeFile(caFile, caPem);
  await using stack = await startLlmStack({
    provider,
    settings: (input) => ({
      ...input,
      redis: told,
      dial: { ...(input.dial as object), [redisDial]: { egress: egress.address } },
      caFiles: { ...(input.caFiles as object), [redisDial]: caFile },
    }),
  });
  const until = performance.now() + 5_000;
  let answer = await askModel(stack);
  // A connection takes a moment; what was asked before it was there counts it as gone for a second.
  while (answer.status !== 200 && hosts.includes('redis.test') && performance.now() < until) {
    await new Promise((next) => setTimeout(next, 100));
    answer = await askModel(stack);
  }
  return { ...answer, resolved: egress.resolved };
}

test('budgets are asked for through egress', async () => {
  const { status, resolved } = await askedOver(['redis.test']);
  assert.deepEqual([status, resolved[0]], [200, 'redis.test']);
});

test('without a rule for it, nothing is spent', async () => {
  const { status, headers, resolved } = await askedOver(['other.test']);
  assert.deepEqual([status, resolved.length], [503, 0]);
  assert.equal(headers['x-clincher-reason'], 'shared-state-unavailable');
});
