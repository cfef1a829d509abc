// What a sandbox may be made like, one fault at a time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleTopology, withService } from '../testing/example-topology.ts';
import type { SandboxBind, SandboxShape, Service } from '../topology/model.ts';
import { agentWorkspace } from '../topology/sandbox.ts';
import { runChecks } from './index.ts';

const found = (change: Partial<Extract<Service['run'], { role: 'docker-proxy' }>>) =>
  runChecks(
    withService(exampleTopology(), 'docker-proxy', ({ run }) => ({
      run: run.role === 'docker-proxy' ? { ...run, ...change } : run,
    })),
  ).map(({ id, severity, message }) => `${severity} ${id}: ${message}`);

const shaped = (change: Partial<SandboxShape>) => {
  const { run } = exampleTopology().services.find(({ name }) => name === 'docker-proxy') ?? {};
  assert.ok(run?.role === 'docker-proxy');
  return found({ shape: { ...run.shape, ...change } });
};

test('the standard shape is safe', () => {
  assert.deepEqual(shaped({}), []);
});

test('any network but none is a way past egress', () => {
  for (const network of ['bridge', 'host', 'container:llm', 'default', 'None']) {
    assert.deepEqual(shaped({ network }), [
      `fatal sandbox-shape: docker-proxy makes sandboxes with the network ${network}, ` +
        'past egress and its record',
    ]);
  }
});

test('neither the user nor the group is root', () => {
  for (const user of ['0:0', '0:1000', '1000:0', '00:1000']) {
    assert.deepEqual(shaped({ user }), [
      `fatal sandbox-shape: docker-proxy makes sandboxes that run as root (${user})`,
    ]);
  }
});

const outside = [
  '/',
  '/etc',
  '/var/lib/clincher',
  '/var/lib/clincher/openclaw',
  '/var/lib/clincher/workspace-of-another/x',
  `${agentWorkspace}/../openclaw`,
  agentWorkspace,
  `${agentWorkspace}/`,
];
for (const source of outside) {
  test(`${source} is not below the agent's workspace`, () => {
    assert.deepEqual(bound({ source, target: '/data' }), [
      `fatal sandbox-shape: docker-proxy makes sandboxes with ${source} in them, ` +
        "which is not below the agent's workspace",
    ]);
  });
}

for (const target of ['/', '/workspace/x', '/agent', '/proc/1', '/usr/local/bin', '/etc/passwd']) {
  test(`${target} is not free for a bind`, () => {
    const [line = ''] = bound({ source: `${agentWorkspace}/x`, target });
    assert.match(line, /^fatal sandbox-shape: .* is not free: /);
  });
}

test('a folder of the workspace at a place of its own is fine', () => {
  assert.deepEqual(bound({ source: `${agentWorkspace}/books`, target: '/data/books' }), []);
});

test('an image is named by its id or its digest, or that is said; unless none is made', () => {
  const id = `sha256:${'0f'.repeat(32)}`;
  const image = 'tools:1.2';
  assert.deepEqual(found({ image, imageId: id }), []);
  assert.deepEqual(found({ image: `tools@${id}`, imageId: null }), []);
  assert.deepEqual(found({ image, imageId: null, profile: 'exec-only' }), []);
  assert.deepEqual(found({ image, imageId: null }), [
    'warning sandbox-shape: docker-proxy makes sandboxes of tools:1.2, ' +
      'a name that can be given to another image',
  ]);
});

function bound(bind: Omit<SandboxBind, 'readOnly'>): readonly string[] {
  return shaped({ binds: [{ ...bind, readOnly: true }] });
}
