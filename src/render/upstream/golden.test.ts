// The reference's stack with its own programs, against golden files; and read again by who reads
// the same files here: each says what the topology does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readLitellm } from '../../config/litellm/read-litellm.ts';
import { switchesFromEnvironment, tecnativaDefaults } from '../../policy/docker/tecnativa.ts';
import { smokescreenSwitches } from '../../roles/egress/settings.ts';
import { readSmokescreenAcl } from '../../roles/egress/smokescreen-acl.ts';
import { caseOptions, exampleOptions } from '../../testing/example-options.ts';
import { goldenCases } from '../../testing/golden.ts';
import { referenceBeside } from '../../topology/standard.ts';
import { renderUpstream } from './index.ts';
import { embedding } from './litellm.ts';

goldenCases(new URL('../../../cases/upstream/', import.meta.url), (input) =>
  renderUpstream(referenceBeside(caseOptions(JSON.parse(input))))
    .map(({ path, content }) => `# ${path}\n${content}`)
    .join('\n')
    .trim(),
);

const topology = referenceBeside(exampleOptions());
const runs = topology.services.map(({ run }) => run);
const files = new Map(renderUpstream(topology).map(({ path, content }) => [path, content]));
const fileOf = (path: string) => files.get(path) ?? assert.fail(path);

test('LiteLLM is told the providers and models that llm is, and a budget', () => {
  const llm = runs.find((run) => run.role === 'llm');
  const without = ['litellm_settings.json_logs', 'litellm_settings.cache_params'];
  const reading = { without, budget: null, caller: 'gateway', instance: null };
  const { rules } = readLitellm(fileOf('config/litellm-config.yaml'), 'config.yaml', reading);
  const named = (list: { name: string }[] = []) => list.map(({ name }) => name);
  for (const { name, baseUrl, dialect } of llm?.rules.providers ?? []) {
    const read = rules.providers.find((each) => each.name === name);
    assert.deepEqual([read?.baseUrl, read?.dialect], [baseUrl, dialect]);
  }
  assert.deepEqual(named(rules.models), [...named(llm?.rules.models), embedding.name]);
  const [budget] = rules.budgets;
  assert.equal(budget?.limitNanoUsd, llm?.rules.budgets[0]?.limitNanoUsd);
});

test('Smokescreen is told the hosts that egress is, and that of its embeddings', () => {
  const egress = runs.find((run) => run.role === 'egress');
  const switches = smokescreenSwitches.parse({});
  const { rules } = readSmokescreenAcl(fileOf('config/smokescreen-acl.yaml'), 'acl', switches);
  const hosts = (list: readonly { readonly hosts: readonly string[] }[] = []) =>
    [...new Set(list.flatMap((rule) => rule.hosts))].toSorted();
  const embeddings = { hosts: ['api.voyageai.com'] };
  assert.deepEqual(hosts(rules), hosts([...(egress?.rules.rules ?? []), embeddings]));
});

test('Tecnativa’s proxy is told its switches, and by them lets nobody run a command', () => {
  const { services } = parse(fileOf('compose.yaml'));
  const { switches, faults } = switchesFromEnvironment(services['docker-proxy'].environment);
  assert.deepEqual(faults, []);
  const { EXEC, CONTAINERS, POST = tecnativaDefaults.POST } = switches;
  assert.deepEqual([EXEC, CONTAINERS, POST], [true, true, false]);
});
