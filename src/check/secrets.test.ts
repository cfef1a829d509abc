// Who reads which secret: each kind in the wrong hands, secrets without a holder, and the reverse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPlace } from '../kit/place.ts';
import { exampleTopology, withService } from '../testing/example-topology.ts';
import { found } from '../testing/findings.ts';

const holding = (service: string, secret: string) =>
  found(withService(exampleTopology(), service, ({ holds }) => ({ holds: [...holds, secret] })));

test('each kind of secret in the wrong hands is found', () => {
  const wrong = [
    ['notes', 'agent-key', 'virtual-key'],
    ['ingress', 'gateway-token', 'gateway-token'],
    ['gateway', 'ingress-tls-key', 'tls-key'],
    ['gateway', 'metrics-token', 'metrics-token'],
    ['prometheus', 'metrics-token', 'metrics-token'],
    ['ingress', 'monitor-client-key', 'monitor-credential'],
    ['prometheus', 'ingress-tls-key', 'tls-key'],
    ['prometheus', 'gateway-token', 'gateway-token'],
  ] as const;
  for (const [service, secret, kind] of wrong) {
    assert.deepEqual(holding(service, secret), [
      `fatal secret-readers ${service}: ${service} may read ${secret} (${kind}), which it has no use for`,
    ]);
  }
});

test('a program of the monitoring host may hold its own credential', () => {
  assert.deepEqual(holding('grafana', 'monitor-client-key'), []);
});

test('a secret that is held and not declared is found', () => {
  assert.deepEqual(holding('notes', 'notes-key'), [
    'fatal secret-holders notes: notes holds the secret "notes-key", which is not declared',
  ]);
});

test('a secret that nobody holds is pointed out', () => {
  const topology = exampleTopology();
  const spare = {
    name: 'spare',
    kind: 'virtual-key' as const,
    source: { kind: 'generated' as const },
    at: defaultPlace(),
  };
  assert.deepEqual(found({ ...topology, secrets: [...topology.secrets, spare] }), [
    'warning secret-holders spare: nothing reads the secret spare',
  ]);
});

test('a secret that is not looked for in prompts is pointed out', () => {
  const topology = exampleTopology();
  const without = topology.secrets.map((secret) =>
    secret.source.kind === 'marks'
      ? {
          ...secret,
          source: {
            ...secret.source,
            of: secret.source.of.filter(({ name }) => name !== 'gateway-token'),
          },
        }
      : secret,
  );
  assert.deepEqual(found({ ...topology, secrets: without }), [
    'warning prompt-secrets gateway-token: gateway-token is not looked for in prompts: ' +
      'llm neither holds it nor has a mark of it',
  ]);
  assert.deepEqual(found(exampleTopology({ guards: { secrets: 'off' } })), [
    'warning prompt-secrets llm: secrets are not looked for in prompts',
  ]);
});
