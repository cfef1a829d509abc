// Provider keys: held, mounted or reachable by writing, each way is found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOptions } from '../testing/example-options.ts';
import { exampleTopology, withRights, withService } from '../testing/example-topology.ts';
import { found } from '../testing/findings.ts';

const ids = (lines: readonly string[]) => lines.filter((line) => line.includes(' provider-keys '));

for (const name of ['gateway', 'notes', 'egress', 'ingress', 'metrics']) {
  test(`a provider key held by ${name} is found`, () => {
    const topology = withService(exampleTopology(), name, ({ holds }) => ({
      holds: [...holds, 'provider-anthropic-key'],
    }));
    assert.deepEqual(found(topology), [
      `fatal provider-keys ${name}: ${name} may read provider-anthropic-key, which is for llm alone`,
    ]);
  });
}

const keyInFile = () => {
  const [provider] = exampleOptions().providers;
  assert.ok(provider !== undefined);
  const key = { kind: 'file', path: '/srv/keys/anthropic' } as const;
  return exampleTopology({ providers: [{ ...provider, key, keyText: 'file:keys/anthropic' }] });
};

test('a mount of the folder with the key is found, one beside it is not', () => {
  const mounted = (source: string) =>
    ids(
      found(
        withRights(keyInFile(), 'gateway', {
          mounts: [{ source, target: '/mnt', readOnly: true }],
        }),
      ),
    );
  for (const source of ['/srv/keys/anthropic', '/srv/keys', '/srv/', '/srv/x/../keys']) {
    assert.deepEqual(mounted(source), [
      `fatal provider-keys gateway: gateway mounts ${source}, which holds the file of provider-anthropic-key`,
    ]);
  }
  for (const source of ['/srv/keys/anthropic-notes', '/srv/key', '/home']) {
    assert.deepEqual(mounted(source), []);
  }
});

test('a folder that the agent can write and llm reads is found, in both nestings', () => {
  const [provider] = exampleOptions().providers;
  assert.ok(provider !== undefined);
  const base = exampleTopology({ providers: [{ ...provider, caFile: '/srv/ca/own.pem' }] });
  assert.deepEqual(found(base), []);
  const lines = (source: string, readOnly: boolean) =>
    ids(found(withRights(base, 'gateway', { mounts: [{ source, target: '/work', readOnly }] })));
  for (const source of ['/srv/ca', '/srv/ca/own.pem', '/srv/ca/own.pem/x', '/']) {
    assert.deepEqual(lines(source, false), [
      `fatal provider-keys gateway: gateway can write ${source}, which llm reads, a holder of provider keys`,
    ]);
    assert.deepEqual(lines(source, true), []);
  }
  assert.deepEqual(lines('/srv/cabin', false), []);
});
