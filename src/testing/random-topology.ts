// Arbitrary topologies, most of them wrong in many ways: dangling and repeated names, stray
// rights, odd hosts. What is drawn is small, so that names meet.

import fc from 'fast-check';
import type { Place } from '../kit/place.ts';
import { egressRules } from '../roles/egress/settings.ts';
import { ingressRules } from '../roles/ingress/settings.ts';
import { llmRules } from '../roles/llm/settings.ts';
import type {
  Edge,
  External,
  Host,
  Rights,
  Run,
  SecretDeclaration,
  Service,
  Topology,
  Zone,
} from '../topology/model.ts';
import { templates } from '../topology/templates.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', '', '__proto__', 'constructor'];
const name = fc.constantFrom(...names);
const externalName = fc.constantFrom('internet', 'people', 'operator', 'docker.sock', 'a');
const zoneName = fc.constantFrom('inner', 'outer', 'monitor-net', 'nowhere');
const secretName = fc.constantFrom('provider-x-key', 'agent-key', 'token', 'nothing');
const path = fc.constantFrom(
  '/run/docker.sock',
  '/',
  '',
  '..',
  '/srv/keys',
  '/srv/keys/x',
  'x/../..',
);
const hostName = fc.constantFrom<Host['name']>('app', 'monitor');
const pattern = fc.constantFrom('*', '*.com', '', 'a.example', '*.s3.amazonaws.com', '::1', '..');

const place: fc.Arbitrary<Place> = fc.record({
  file: fc.constantFrom('clincher.yaml', ''),
  line: fc.nat(30),
  column: fc.nat(80),
});

const llm = (host: string): Run => ({
  role: 'llm',
  rules: llmRules.parse({
    providers: [
      { name: 'x', dialect: 'openai', baseUrl: `https://${host}`, key: null, keyHint: '' },
    ],
    models: [{ name: 'm', deployments: [{ provider: 'x', model: 'm' }] }],
    keys: [],
    budgets: [],
  }),
  caFiles: { x: '/srv/keys/ca.pem' },
});

const run: fc.Arbitrary<Run> = fc.oneof(
  fc.constant<Run>({
    role: 'ingress',
    rules: ingressRules.parse({ origin: 'https://localhost' }),
    listen: { host: '::1', port: 443 },
  }),
  fc.constant<Run>({ role: 'gateway', version: '1', defaultModel: null }),
  fc.constantFrom('api.example.com', 'a.example').map(llm),
  fc
    .array(fc.record({ caller: name, hosts: fc.array(pattern, { maxLength: 3 }) }), {
      maxLength: 3,
    })
    .map((rules): Run => {
      // As a topology from elsewhere could have them: the settings themselves refuse some.
      const drawn = {
        rules: rules.map((rule) => ({ ...rule, ports: [443], at: '' })),
        unsafeAllowAddresses: rules.flatMap(({ hosts }) => hosts),
      };
      return { role: 'egress', rules: { ...egressRules.parse({ rules: [] }), ...drawn } };
    }),
  fc.constant<Run>({ role: 'metrics' }),
  fc.constant<Run>({ role: 'program', image: null, argv: [] }),
);

const mount = fc.record({ source: path, target: path, readOnly: fc.boolean() });

const rightsOf = (role: Run['role']): fc.Arbitrary<Rights> =>
  fc.record({
    network: fc.constantFrom('none' as const, 'none' as const, 'outside' as const),
    capabilities: fc.constantFrom([], ['CAP_SYS_ADMIN']),
    writable: fc.array(path, { maxLength: 2 }),
    mounts: fc.array(mount, { maxLength: 2 }),
    worldListeners: fc.constantFrom([], [{ host: '::1', port: 443 }], [{ host: '', port: -1 }]),
    memoryBytesMax: fc.constantFrom(templates[role].memoryBytesMax, Number.NaN),
    cpusMax: fc.constant(1),
    processesMax: fc.constant(1),
    filesMax: fc.constant(1),
  });

const service: fc.Arbitrary<Service> = run.chain((one) =>
  fc.record({
    name,
    host: hostName,
    zones: fc.array(zoneName, { maxLength: 2 }),
    run: fc.constant(one),
    rights: rightsOf(one.role),
    holds: fc.array(secretName, { maxLength: 2 }),
    at: place,
  }),
);

const end = fc.oneof({ weight: 5, arbitrary: name }, { weight: 1, arbitrary: externalName });

const edge: fc.Arbitrary<Edge> = fc
  .record({
    id: name,
    from: end,
    to: end,
    port: fc.constantFrom('api', ''),
    protocol: fc.constant('tcp' as const),
    zone: zoneName,
    hosts: fc.array(pattern, { maxLength: 2 }),
    purpose: fc.constant('drawn'),
    at: place,
  })
  .chain((one) => fc.constantFrom<Edge[]>(one, { ...one, paths: ['/metrics'] }));

const external: fc.Arbitrary<External> = fc.record({
  name: externalName,
  kind: fc.constantFrom('client' as const, 'internet' as const, 'host-resource' as const),
  host: fc.constantFrom(null, 'app' as const),
  at: place,
});

const zone: fc.Arbitrary<Zone> = fc.record({
  name: zoneName,
  host: hostName,
  internal: fc.boolean(),
  at: place,
});

const secret: fc.Arbitrary<SecretDeclaration> = fc.record({
  name: secretName,
  kind: fc.constantFrom('provider-key' as const, 'virtual-key' as const, 'tls-key' as const),
  source: path.map((one) => ({ kind: 'file' as const, path: one })),
  at: place,
});

export const randomTopology: fc.Arbitrary<Topology> = fc.record({
  preset: fc.constant('default' as const),
  driver: fc.constant('embedded' as const),
  isolation: fc.constantFrom('sealed' as const, 'reference' as const),
  hosts: fc.array(fc.record({ name: hostName, at: place }), { maxLength: 2 }),
  zones: fc.array(zone, { maxLength: 4 }),
  services: fc.array(service, { maxLength: 9 }),
  externals: fc.array(external, { maxLength: 4 }),
  edges: fc.array(edge, { maxLength: 16 }),
  secrets: fc.array(secret, { maxLength: 3 }),
});
