// Programs that are not ours, as containers; and the networks that a whole zone shares.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPlace } from '../kit/place.ts';
import { exampleContainers } from '../testing/example-containers.ts';
import { exampleMachine } from '../testing/example-machine.ts';
import { dockerSandbox, exampleOptions } from '../testing/example-options.ts';
import type { StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { makePlan } from './make-plan.ts';
import type { Plan, ServicePlan } from './model.ts';

const at = defaultPlace();
const box = { name: 'box', zone: 'openclaw-net', image: 'box:1', argv: ['/bin/box'], at };
const withBox: Partial<StackOptions> = {
  ...{ driver: 'docker', isolation: 'segmented', services: [box] },
  edges: [
    { from: 'gateway', to: 'box', port: '8080', at },
    { from: 'box', to: 'llm', port: 'api', at },
  ],
};

function planOf(change: Partial<StackOptions>): Plan {
  const machine = exampleMachine({ containers: exampleContainers() });
  return makePlan(standardTopology(exampleOptions(change)), machine);
}

const named = ({ services }: Plan, name: string): ServicePlan =>
  services.find((each) => each.name === name) ?? assert.fail(name);

test('a program of the user’s own is a container with its edges, and is told and asked nothing', () => {
  const plan = planOf(withBox);
  const { container, listens, settings, secrets, bridges, reaches } = named(plan, 'box');
  assert.deepEqual([container?.image, container?.program], ['box:1', ['/bin/box']]);
  assert.deepEqual([listens, settings, secrets], [[], {}, []]);
  const names = bridges?.map(({ bridge }) => bridge);
  assert.deepEqual(names, ['openclaw-net.box--llm', 'openclaw-net.gateway--box']);
  assert.deepEqual(
    reaches?.map(({ edge }) => edge),
    ['box--llm.api'],
  );
  const dial = JSON.stringify(named(plan, 'gateway').settings);
  assert.match(dial, /"listen":"tcp:127\.0\.0\.1:8080","callee":"box"/);
});

test('in a sealed stack its edges alone have bridges; all others stay sockets', () => {
  const plan = planOf({ ...withBox, isolation: 'sealed' });
  const bridgesOf = (name: string) =>
    (named(plan, name).bridges ?? []).map(({ bridge }) => bridge).toSorted();
  assert.deepEqual(bridgesOf('box'), ['openclaw-net.box--llm', 'openclaw-net.gateway--box']);
  assert.deepEqual(bridgesOf('gateway'), ['openclaw-net.gateway--box']);
  assert.deepEqual(bridgesOf('llm'), ['openclaw-net.box--llm']);
  assert.deepEqual(bridgesOf('metrics'), []);
  const llm = named(plan, 'llm');
  const { listen } = llm.settings as { listen: { caller: string; address: string }[] };
  const kinds = listen.map(({ caller, address }) => `${caller} ${address.split(':')[0]}`);
  assert.ok(kinds.includes('box tcp') && kinds.includes('gateway unix'), kinds.join());
  const sockets = (name: string) => named(plan, name).dials.map(({ peer }) => peer);
  assert.ok(sockets('gateway').includes('llm') && !sockets('gateway').includes('box'));
});

const refused: readonly (readonly [string, Partial<StackOptions>, RegExp])[] = [
  ['in jails', { driver: 'embedded', isolation: 'sealed' }, /driver embedded cannot run those yet/],
  ['without an image', { services: [{ ...box, image: null }] }, /has no `image`/],
];
for (const [name, change, message] of refused) {
  test(`a program of the user’s own ${name} is refused with a sentence that says so`, () => {
    assert.throws(() => planOf({ ...withBox, ...change }), { code: 'usage', message });
  });
}

test('where nothing is said, sandboxes are of the image that is made here, by its id', () => {
  const { image: _, imageId: __, ...docker } = dockerSandbox('/run/docker.sock').docker;
  const imagesOf = (change: { image: string | null; imageId: string | null }) => {
    const sandbox = { ...dockerSandbox('/run/docker.sock'), docker: { ...docker, ...change } };
    const plan = planOf({ driver: 'docker', isolation: 'segmented', sandbox });
    const { template } = named(plan, 'docker-proxy').settings as { template: { images: object } };
    const [told] = named(plan, 'gateway').files.map(({ content }) => JSON.parse(content));
    return [template.images, told.agents.defaults.sandbox.docker.image];
  };
  const { reference: name = '', imageId: id } = exampleContainers().sandbox ?? {};
  assert.deepEqual(imagesOf({ image: null, imageId: null }), [[{ name, id }], name]);
  const own = { image: 'box:1', imageId: `sha256:${'b2'.repeat(32)}` };
  assert.deepEqual(imagesOf(own), [[{ name: 'box:1', id: own.imageId }], 'box:1']);
});

test('an agent in a container may find out which one it is; in a jail there is none to find', () => {
  const sandbox = dockerSandbox('/run/docker.sock');
  const told = (plan: Plan) => named(plan, 'docker-proxy').settings;
  const { callers, scope } = told(planOf({ ...withBox, sandbox })) as {
    callers: Record<string, { own: { container: string; commands: readonly string[][] } }>;
    scope: string;
  };
  const own = callers.gateway?.own;
  assert.equal(own?.container, `${scope}-gateway-1`);
  assert.deepEqual(own.commands[0]?.slice(0, 2), ['/opt/node/bin/node', '-e']);
  const jails = makePlan(standardTopology(exampleOptions({ sandbox })), exampleMachine());
  assert.deepEqual(told(jails).callers, {});
});

test('on shared networks every service of a zone has one address, and every caller a port', () => {
  const plan = planOf({
    driver: 'docker',
    isolation: 'reference',
    edges: withBox.edges ?? [],
    services: [box],
  });
  const kinds = new Map(
    plan.services.flatMap(({ bridges = [] }) => bridges.map((end) => [end.bridge, end.kind])),
  );
  assert.deepEqual(Object.fromEntries(kinds), {
    'egress-net': 'way-out',
    'openclaw-net': 'shared',
    'proxy-net': 'door',
  });
  const [gateway, llm] = [named(plan, 'gateway'), named(plan, 'llm')];
  assert.equal(gateway.bridges?.length, 2);
  const ports = llm.answers
    ?.filter(({ edge }) => edge.endsWith('.api'))
    .map(({ peer, address }) => [peer, address.split(':')[2]]);
  assert.deepEqual(ports, [
    ['gateway', '4001'],
    ['box', '4000'],
  ]);
  const addresses = plan.services.flatMap(({ answers = [] }) =>
    answers.map(({ address }) => address),
  );
  assert.equal(new Set(addresses).size, addresses.length, 'no two callers at one address');
  for (const { reaches = [] } of plan.services) {
    for (const { edge, address, peer } of reaches) {
      const answers = named(plan, peer).answers ?? [];
      assert.ok(
        answers.some((each) => each.edge === edge && each.address === address),
        edge,
      );
    }
  }
});
