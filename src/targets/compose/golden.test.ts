// Whole Compose files, against the golden files in cases/compose; and what no service of one is
// without.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { makePlan } from '../../plan/make-plan.ts';
import { anyOptions } from '../../testing/any-options.ts';
import { exampleContainers } from '../../testing/example-containers.ts';
import { exampleMachine } from '../../testing/example-machine.ts';
import { caseOptions } from '../../testing/example-options.ts';
import { goldenCases } from '../../testing/golden.ts';
import type { StackOptions } from '../../topology/options.ts';
import { standardTopology } from '../../topology/standard.ts';
import type { ComposeStack } from './model.ts';
import { renderCompose } from './render-compose.ts';

const machine = exampleMachine({ containers: exampleContainers() });

goldenCases(new URL('../../../cases/compose/', import.meta.url), (input) =>
  renderCompose(stackOf(caseOptions(JSON.parse(input)))).trim(),
);

function stackOf(options: StackOptions): ComposeStack {
  const topology = standardTopology({ ...options, driver: 'docker' });
  const { services } = makePlan(topology, machine);
  return {
    project: 'clincher-0123456789ab',
    engine: { startInterval: false },
    services: services.map((plan) => ({
      // It says nothing to a reader, and changes with whatever changes.
      plan: { ...plan, hash: '0123456789abcdef' },
      argv: ['/opt/node/bin/node', '/opt/clincher/serve.js', plan.role],
      health: ['/opt/node/bin/node', '/opt/clincher/health.js'],
      told: `./services/${plan.name}`,
      secrets: plan.secrets,
      state: plan.state ? `../services/${plan.name}/state` : null,
      folders: (plan.folders ?? []).map((each) => ({ ...each, source: '../services/sandboxes' })),
    })),
  };
}

type File = Readonly<Record<'services' | 'networks', Record<string, Record<string, unknown>>>>;

test('whatever the stack, no service is without its bounds, and an edge is a network of two', () => {
  fc.assert(
    fc.property(anyOptions, fc.constantFrom('segmented', 'sealed'), (options, isolation) => {
      const sandbox = { ...options.sandbox, backend: 'none' as const };
      const declared = { ...options, isolation, sandbox, services: [], edges: [] } as StackOptions;
      const file: File = parse(renderCompose(stackOf(declared)), { merge: true });
      for (const [name, service] of Object.entries(file.services)) {
        assert.equal(service.read_only, true, name);
        assert.deepEqual(service.cap_drop, ['ALL']);
        assert.deepEqual(service.security_opt, ['no-new-privileges:true']);
        assert.equal(service.user, '1001:1002');
        for (const bound of [
          'mem_limit',
          'cpus',
          'pids_limit',
          'ulimits',
          'healthcheck',
          'logging',
        ]) {
          assert.ok(service[bound] !== undefined, `${name} has no ${bound}`);
        }
        assert.ok(!('privileged' in service) && !('cap_add' in service));
      }
      for (const [name, network] of Object.entries(file.networks ?? {})) {
        const members = Object.values(file.services).filter(
          ({ networks }) => name in ((networks ?? {}) as object),
        );
        assert.equal(members.length, name.includes('--') ? 2 : 1, name);
        assert.equal(network.internal === true, name.includes('--'), name);
      }
    }),
    { numRuns: 25 },
  );
});
