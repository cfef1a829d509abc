// A stack of Swarm on two nodes, brought up by the commands that are said: calls cross the nodes
// where an edge is declared, and nowhere else. Each node is a Docker daemon in its own network.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { compareStack } from '../../src/targets/swarm/compare-stack.ts';
import type { DeclaredSwarm } from '../../src/targets/swarm/model.ts';
import { renderSwarm } from '../../src/targets/swarm/render-swarm.ts';
import { dockerSkip } from '../../src/testing/docker-daemon.ts';
import {
  docker,
  type SwarmNode,
  type SwarmNodes,
  startSwarmNodes,
} from '../../src/testing/swarm-nodes.ts';
import {
  askOverTls,
  bounds,
  callModel,
  dial,
  node,
  openTunnel,
  resolve,
} from '../../src/testing/swarm-programs.ts';
import {
  agentKey,
  bringUp,
  openProvider,
  places,
  plannedStack,
  providerAddress,
  providerHost,
  until,
} from '../../src/testing/swarm-stack.ts';

describe('a stack on two nodes of a swarm', { skip: dockerSkip }, () => {
  let nodes: SwarmNodes;
  let stack: DeclaredSwarm;
  const opened = new AsyncDisposableStack();
  const nodeOf = (service: string): SwarmNode =>
    nodes[places[service as keyof typeof places] ?? 'manager'];

  before(async () => {
    nodes = opened.use(await startSwarmNodes());
    stack = await plannedStack();
    await openProvider(opened, nodes.manager);
    await bringUp(stack, nodes);
  });
  after(() => opened.disposeAsync());

  test('a call comes in by ingress on one node and is answered on the other', async () => {
    const { address } = nodes.worker;
    const url = `https://${address}:8443/`;
    const said = await nodes.manager.run([process.execPath, '-e', askOverTls(url)]);
    assert.equal(said.trim(), '200 {}');
  });

  test('the agent calls llm on the other node, and again after that is another task', async () => {
    const ask = () => inside('gateway', callModel(agentKey));
    assert.match(await ask(), /^200 .*"content"/);
    const before = await taskOf('llm');
    await docker(nodeOf('llm').daemon, ['kill', before]);
    await until(async () => (await taskOf('llm')) !== before && /^200 /.test(await ask()));
  });

  test('egress leads to the declared host alone, and nothing else leads out', async () => {
    const tunnel = (host: string) => inside('gateway', openTunnel(host));
    assert.match(await tunnel(providerHost), /^200 .*outside$/);
    assert.equal(await tunnel('elsewhere.test'), '403 host-not-allowed');
    assert.equal(await inside('egress', dial([`${providerAddress}:443`])), 'open');
    for (const name of ['gateway', 'llm', 'metrics', 'demo']) {
      assert.equal(await inside(name, dial([`${providerAddress}:443`])), 'ENETUNREACH', name);
    }
    // A door has a route, and nothing that leaves by it finds back.
    assert.notEqual(await inside('ingress', dial([`${nodes.manager.address}:2377`])), 'open');
  });

  test('of all that listens in any network, each reaches what is declared for it', async () => {
    const targets = await listening();
    const declared = compareStack(renderSwarm(stack), stack).letThrough;
    for (const { plan } of stack.services) {
      const others = targets.filter(({ name }) => name !== plan.name);
      const found = await inside(plan.name, dial(others.map(({ at }) => at)));
      const open = others.filter((_, index) => found.split(' ')[index] === 'open');
      assert.deepEqual(
        open.map(({ name, place }) => `${plan.name} -> ${name} ${place}`).sort(),
        declared.filter((line) => line.startsWith(`${plan.name} -> `) && line.includes('/')),
      );
    }
  });

  test('a name is found where it is an edge, and nobody but egress asks further', async () => {
    assert.match(await inside('gateway', resolve('llm')), /^10\./);
    assert.match(await inside('gateway', resolve('demo')), /^E/);
    assert.match(await inside('gateway', resolve('provider.test')), /^E/);
  });

  test('each is bound as a container of a Compose file is', async () => {
    for (const { plan } of stack.services) {
      const { uid, status, root, secrets } = JSON.parse(await inside(plan.name, bounds));
      assert.deepEqual([uid, root], [1_000, 'EROFS'], plan.name);
      assert.match(status, /^CapEff:\t0+$/m);
      assert.match(status, /^CapBnd:\t0+$/m);
      assert.match(status, /^NoNewPrivs:\t1$/m);
      assert.match(status, /^Seccomp:\t2$/m);
      assert.deepEqual(secrets, plan.secrets.map((name) => `${name} 400`).sort(), plan.name);
      const found = await docker(nodeOfTask(plan.name), [
        ...['inspect', '--format'],
        '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}',
        await taskOf(plan.name),
      ]);
      const { memoryBytesMax, processesMax } = plan.limits;
      assert.equal(found, `${memoryBytesMax} ${processesMax}`);
    }
  });

  /** Node in its image is all that there is to run. */
  async function inside(service: string, program: string): Promise<string> {
    const id = await taskOf(service);
    const said = await docker(nodeOfTask(service), ['exec', id, ...node(program)]);
    return said.trim();
  }

  const found = new Map<string, SwarmNode>();
  function nodeOfTask(service: string) {
    return (found.get(service) ?? nodeOf(service)).daemon;
  }

  /** The container that runs now, wherever the swarm has put it. */
  async function taskOf(service: string): Promise<string> {
    const filter = ['--filter', `label=clincher.service=${service}`];
    for (const each of [nodes.manager, nodes.worker]) {
      const id = await docker(each.daemon, ['ps', '--quiet', '--no-trunc', ...filter]);
      if (id === '') continue;
      found.set(service, each);
      return id.split('\n')[0] ?? id;
    }
    return '';
  }

  interface Target {
    readonly name: string;
    /** `10.192.0.64/26:4000` */
    readonly place: string;
    readonly at: string;
  }

  /** Where services really are: their addresses are the swarm's to choose. */
  async function listening(): Promise<readonly Target[]> {
    const all = await Promise.all(
      stack.services.map(async ({ plan }): Promise<readonly Target[]> => {
        const id = await taskOf(plan.name);
        const networks: Record<string, { IPAddress: string }> = JSON.parse(
          await docker(nodeOfTask(plan.name), [
            ...['inspect', '--format', '{{json .NetworkSettings.Networks}}'],
            id,
          ]),
        );
        return (plan.answers ?? []).flatMap(({ address }) => {
          const place = address.slice('tcp:'.length);
          const end = plan.bridges?.find(({ subnet }) => place.startsWith(`${subnet}:`));
          const name = `clincher_${end?.bridge.replaceAll('.', '_')}`;
          if (end?.kind !== 'edge') return [];
          const at = `${networks[name]?.IPAddress}:${place.slice(place.lastIndexOf(':') + 1)}`;
          return [{ name: plan.name, place, at }];
        });
      }),
    );
    return all.flat();
  }
});
