// What the services were told is what is looked for, where the terminal that knew it is gone.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePlan } from '../../plan/make-plan.ts';
import { exampleMachine } from '../../testing/example-machine.ts';
import { exampleTopology } from '../../testing/example-topology.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { toldSecrets } from './told-secrets.ts';

test('a value is found with who was told it, and with nobody else', async () => {
  using folder = tempDir();
  const plan = makePlan(exampleTopology({ services: [], edges: [] }), exampleMachine());
  const tell = (service: string, name: string) => {
    const told = join(folder.path, 'run/services', service, '0123-4567/secrets');
    mkdirSync(told, { recursive: true });
    writeFileSync(join(told, name), `value of ${name}`);
  };
  tell('llm', 'provider-anthropic-key');
  // It holds no such secret by plan: what lies there is not believed.
  tell('metrics', 'gateway-token');
  const wanted = ['provider-anthropic-key', 'gateway-token', 'agent-key'];
  const found = await toldSecrets(folder.path, plan, wanted);
  assert.deepEqual(
    [...found].map(([name, value]) => [name, value.reveal()]),
    [['provider-anthropic-key', 'value of provider-anthropic-key']],
  );
});
