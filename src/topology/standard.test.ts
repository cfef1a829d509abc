// The standard topology of both presets: which boxes and lines there are, and who holds what.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerSandbox, exampleOptions } from '../testing/example-options.ts';
import type { Topology } from './model.ts';
import type { StackOptions } from './options.ts';
import { standardTopology } from './standard.ts';

const place = { file: 'clincher.yaml', line: 9, column: 5 };
const build = (change: Partial<StackOptions> = {}) => standardTopology(exampleOptions(change));
const names = (topology: Topology) => topology.services.map(({ name }) => name);
const ids = (topology: Topology) => topology.edges.map(({ id }) => id);
const run = (topology: Topology, name: string) =>
  topology.services.find((service) => service.name === name);
const holders = (topology: Topology, secret: string) =>
  topology.services.filter(({ holds }) => holds.includes(secret)).map(({ name }) => name);

test('the default preset has exactly its five services and their edges', () => {
  const topology = build();
  assert.deepEqual(names(topology), ['ingress', 'gateway', 'llm', 'egress', 'metrics']);
  assert.deepEqual(ids(topology), [
    'people--ingress.https',
    'ingress--gateway.http',
    'ingress--metrics.http',
    'gateway--llm.api',
    'llm--egress.proxy',
    'egress--internet.tcp',
    'metrics--ingress.admin',
    'metrics--gateway.admin',
    'metrics--llm.admin',
    'metrics--egress.admin',
  ]);
});

test('the reference preset has every box and line of the drawing', () => {
  const topology = build({ preset: 'reference' });
  const drawn = [
    'cloudflare--ingress.https',
    'ingress--gateway.http',
    'gateway--docker-proxy.api',
    'docker-proxy--docker.sock.api',
    'gateway--llm.api',
    'llm--redis.redis',
    'llm--egress.proxy',
    'egress--internet.tcp',
    'prometheus--monitor-ingress.https',
    'monitor-ingress--metrics.http',
    'grafana--prometheus.http',
    'uptime-kuma--cloudflare.https',
  ];
  for (const id of drawn) assert.ok(ids(topology).includes(id), id);
  const internal = topology.zones.map(({ name, internal }) => [name, internal]);
  assert.deepEqual(internal, [
    ['proxy-net', true],
    ['openclaw-net', true],
    ['egress-net', false],
    ['monitor-net', false],
  ]);
  assert.deepEqual(run(topology, 'egress')?.zones, ['openclaw-net', 'egress-net']);
});

test('each secret is held by the services that need it and by no other', () => {
  const topology = build({ monitoring: { at: place } });
  assert.deepEqual(holders(topology, 'provider-anthropic-key'), ['llm']);
  assert.deepEqual(holders(topology, 'agent-key'), ['gateway', 'llm']);
  assert.deepEqual(holders(topology, 'gateway-token'), ['gateway']);
  assert.deepEqual(holders(topology, 'ingress-tls-key'), ['ingress']);
  assert.deepEqual(holders(topology, 'metrics-token'), ['ingress']);
  assert.deepEqual(holders(topology, 'monitor-tls-key'), ['monitor-ingress']);
  assert.deepEqual(holders(topology, 'monitor-client-key'), ['prometheus']);
});

test('each secret is held by llm, or llm has a mark of it', () => {
  for (const preset of ['default', 'reference'] as const) {
    const topology = build({ preset, sandbox: { ...exampleOptions().sandbox, backend: 'ssh' } });
    const { source } = topology.secrets.find(({ name }) => name === 'secret-marks') ?? {};
    const marked = source?.kind === 'marks' ? source.of.map(({ name }) => name) : [];
    const known = new Set([...marked, ...(run(topology, 'llm')?.holds ?? [])]);
    const unknown = topology.secrets.filter(({ name }) => !known.has(name));
    assert.deepEqual(unknown, []);
    assert.ok(marked.includes('gateway-token') && marked.includes('sandbox-client-key'));
  }
});

test('egress lets llm reach each provider host at its own port, quoting the line that declared it', () => {
  const [anthropic] = exampleOptions().providers;
  assert.ok(anthropic);
  const local = { ...anthropic, name: 'box', baseUrl: 'https://models.example:8444/x', at: place };
  const egress = run(build({ providers: [anthropic, local] }), 'egress')?.run;
  assert.ok(egress?.role === 'egress');
  assert.deepEqual(egress.rules.rules, [
    { caller: 'llm', hosts: ['api.anthropic.com'], ports: [443], at: 'clincher.yaml:3:3' },
    { caller: 'llm', hosts: ['models.example'], ports: [8444], at: 'clincher.yaml:9:5' },
  ]);
});

test('alarms have a host that llm alone may reach, and an address that llm alone holds', () => {
  const source = { kind: 'env', variable: 'ALARM_URL' } as const;
  const alarms = { host: 'hooks.example.com', port: 8443, source, at: place };
  const topology = build({ alarms });
  assert.deepEqual(holders(topology, 'alarm-address'), ['llm']);
  const egress = run(topology, 'egress')?.run;
  assert.ok(egress?.role === 'egress');
  assert.deepEqual(egress.rules.rules.at(-1), {
    ...{ caller: 'llm', hosts: ['hooks.example.com'], ports: [8443], at: 'clincher.yaml:9:5' },
  });
  const demo = build({ alarms, demo: true });
  assert.ok(demo.secrets.every(({ name }) => name !== 'alarm-address'));
});

const shared = { password: null, instance: 'one', instances: 2, at: place } as const;

test('a Redis elsewhere is one more host of llm, its password one more secret of it', () => {
  const where = { host: 'redis.example.com', port: 6_380, caFile: '/etc/redis.pem' };
  const password = { kind: 'store', key: 'redis-password' } as const;
  const topology = build({ redis: { ...shared, where, password } });
  assert.deepEqual(holders(topology, 'redis-password'), ['llm']);
  const [egress, llm] = [run(topology, 'egress')?.run, run(topology, 'llm')?.run];
  assert.ok(egress?.role === 'egress' && llm?.role === 'llm');
  assert.deepEqual(egress.rules.rules.at(-1)?.hosts, ['redis.example.com']);
  assert.deepEqual(egress.rules.rules.at(-1)?.ports, [6_380]);
  assert.equal(llm.rules.redis?.url, 'rediss://redis.example.com:6380');
  assert.deepEqual(llm.caFiles, { 'redis.shared': '/etc/redis.pem' });
  const demo = build({ redis: { ...shared, where, password }, demo: true });
  assert.deepEqual(holders(demo, 'redis-password'), []);
});

test('a Redis of the stack is reached by llm over an edge, and by nobody else', () => {
  const services = [
    { name: 'state', zone: 'openclaw-net', image: null, argv: ['redis-server'], at: place },
  ];
  const topology = build({ services, redis: { ...shared, where: { service: 'state' } } });
  const to = topology.edges.filter((one) => one.to === 'state');
  assert.deepEqual(
    to.map(({ from, port, protocol }) => [from, port, protocol]),
    [['llm', 'redis', 'redis']],
  );
  const rules = (of: typeof topology) => {
    const egress = run(of, 'egress')?.run;
    return egress?.role === 'egress' ? egress.rules.rules : null;
  };
  assert.deepEqual(rules(topology), rules(build({ services })));
});

test('a demonstration has no provider key, no host to reach, and no route out', () => {
  const topology = build({ demo: true });
  assert.deepEqual(holders(topology, 'provider-anthropic-key'), []);
  assert.ok(!topology.secrets.some(({ kind }) => kind === 'provider-key'));
  assert.ok(ids(topology).includes('llm--demo.api'));
  assert.ok(!topology.edges.some(({ to }) => to === 'internet'));
  assert.ok(topology.services.every(({ rights }) => rights.network === 'none'));
  const llm = run(topology, 'llm')?.run;
  assert.ok(llm?.role === 'llm');
  assert.deepEqual(
    llm.rules.models.map(({ name, deployments }) => [name, deployments[0]?.provider]),
    [['claude', 'demo']],
  );
});

test('only egress has a way out, and only docker-proxy has the Docker socket, read-only', () => {
  const topology = build({ sandbox: dockerSandbox('/run/user/1/docker.sock', place) });
  const outside = topology.services.filter(({ rights }) => rights.network === 'outside');
  assert.deepEqual(
    outside.map(({ name }) => name),
    ['egress'],
  );
  const mounted = topology.services.flatMap(({ name, rights }) =>
    rights.mounts.map((mount) => [name, mount.source, mount.readOnly]),
  );
  assert.deepEqual(mounted, [['docker-proxy', '/run/user/1/docker.sock', true]]);
});

test('a rule of the user gives its caller an edge to egress with those hosts', () => {
  const rule = { caller: 'gateway', hosts: ['api.telegram.org'], ports: [443], at: place };
  const egress = { ...exampleOptions().egress, rules: [rule] };
  const found = build({ egress }).edges.find(({ id }) => id === 'gateway--egress.proxy');
  assert.deepEqual(found?.hosts, ['api.telegram.org']);
  assert.deepEqual(found?.at, place);
});

test("a provider that is a service of the user's own is called straight, not through egress", () => {
  const [anthropic] = exampleOptions().providers;
  assert.ok(anthropic);
  const topology = build({
    providers: [{ ...anthropic, name: 'box', baseUrl: 'http://vllm:8000' }],
    services: [{ name: 'vllm', zone: 'models', image: 'vllm', argv: [], at: place }],
  });
  assert.ok(ids(topology).includes('llm--vllm.api'));
  assert.ok(!ids(topology).includes('egress--internet.tcp'));
});

test('an edge that the user declares again stays one edge, with the place of the first', () => {
  const topology = build({ edges: [{ from: 'gateway', to: 'llm', port: 'api', at: place }] });
  const same = topology.edges.filter(({ id }) => id === 'gateway--llm.api');
  assert.equal(same.length, 1);
  assert.equal(same[0]?.protocol, 'http');
});
