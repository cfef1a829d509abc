// The nodes of a swarm made ready: the images get to each, and what one lacks is found by trying,
// before a stack is deployed. Each node is a Docker daemon in its own network.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensureImage, imageStore } from '../../src/cli/image/own.ts';
import { prepareNodes } from '../../src/cli/swarm/prepare-nodes.ts';
import { runClincher } from '../../src/testing/agent-stack.ts';
import {
  type DockerDaemon,
  dockerEnvironment,
  dockerSkip,
  startDockerDaemon,
} from '../../src/testing/docker-daemon.ts';
import { run } from '../../src/testing/run-program.ts';
import { docker, type SwarmNodes, startSwarmNodes } from '../../src/testing/swarm-nodes.ts';
import { until } from '../../src/testing/swarm-stack.ts';
import { tempDir } from '../../src/testing/temp-dir.ts';

describe('the nodes of a swarm', { skip: dockerSkip }, () => {
  let nodes: SwarmNodes;
  const opened = new AsyncDisposableStack();
  const prepared = async (daemons: readonly DockerDaemon[], encrypted: boolean) => {
    const said: string[] = [];
    const findings = await prepareNodes({
      places: daemons.map(({ socket }) => `unix://${socket}`),
      ...{ images: ['roles'], store: imageStore(), encrypted },
      variables: dockerEnvironment(''),
      say: (text) => said.push(text),
    });
    const fatal = findings.filter(({ severity }) => severity === 'fatal');
    return { said, fatal: fatal.map(({ message }) => message) };
  };

  before(async () => {
    await ensureImage('roles');
    nodes = opened.use(await startSwarmNodes());
  });
  after(() => opened.disposeAsync());

  test('each gets the images once, and all hear one another', async () => {
    const daemons = [nodes.manager.daemon, nodes.worker.daemon];
    const first = await prepared(daemons, false);
    assert.deepEqual(first.fatal, []);
    assert.deepEqual(
      first.said.map((line) => / has got clincher\/roles:/.test(line)),
      [true, true],
    );
    const { said } = await prepared(daemons, false);
    assert.deepEqual(
      said.map((line) => / has the images$/.test(line)),
      [true, true],
    );
    // Taken away it is listed until each node has let go of it.
    const names = ['network', 'ls', '--format', '{{.Name}}'];
    for (const daemon of daemons) {
      await until(async () => !(await docker(daemon, names)).includes('clincher-check'));
    }
    const running = await docker(nodes.worker.daemon, ['ps', '--all', '--quiet']);
    assert.equal(running, '');
  });

  test('a kernel that encrypts nothing is found by what does not arrive', async () => {
    const { manager, worker } = nodes;
    const hasEsp = await encrypts();
    const { fatal } = await prepared([manager.daemon, worker.daemon], true);
    const silent = fatal.map((line) => line.replaceAll(/unix:\S+/g, 'NODE'));
    const one = 'nothing gets from NODE to NODE by an encrypted network of the swarm';
    assert.deepEqual(silent, hasEsp ? [] : [one, one]);
  });

  test('up says so too, and deploys nothing', async (context) => {
    if (await encrypts()) return context.skip('this kernel encrypts');
    using dir = tempDir();
    const { manager, worker } = nodes;
    const places = [manager, worker].map(({ daemon }) => `unix://${daemon.socket}`);
    const config = `version: 1
driver: swarm
swarm: { nodes: ${JSON.stringify(places)} }
providers: { anthropic: { key: env:ANTHROPIC_API_KEY } }
budget: { usd: 20, per: day }
ingress: { listen: "0.0.0.0:8443", origin: "https://agent.example.com" }
sandbox: { backend: none }
`;
    writeFileSync(join(dir.path, 'clincher.yaml'), config);
    const env = { ...dockerEnvironment(manager.daemon.socket), ANTHROPIC_API_KEY: 'of-a-test' };
    const { code, stderr } = await runClincher(['up', '--detach'], dir.path, env);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /by an encrypted network of the swarm\n.*`swarm: \{ encrypted: false \}`/);
    assert.equal(await docker(manager.daemon, ['service', 'ls', '--quiet']), '');
  });

  test('nodes whose networks are cut off from one another are found', async () => {
    const { manager, worker } = nodes;
    const dropped = ['INPUT', '-p', 'udp', '--dport', '4789', '-j', 'DROP'];
    await worker.run(['iptables', '-I', ...dropped]);
    const { fatal } = await prepared([manager.daemon, worker.daemon], true);
    await worker.run(['iptables', '-D', ...dropped]);
    assert.ok(fatal.some((line) => /nothing gets from .* by a network of the swarm$/.test(line)));
    assert.ok(!fatal.some((line) => /encrypted/.test(line)));
  });

  test('one that is in no swarm and lets privileges be gained is told so, and who leads', async () => {
    await using stranger = await startDockerDaemon();
    const { fatal } = await prepared([stranger], true);
    assert.match(fatal.join('\n'), /is in no swarm\n.*can gain new privileges, and every role/);
    const { worker, manager } = nodes;
    const other = await prepared([worker.daemon, manager.daemon], true);
    assert.deepEqual(other.fatal, [`unix://${worker.daemon.socket} is no manager`]);
  });
});

/** Whether this kernel has ESP: in a network of its own, where nothing is changed by asking. */
async function encrypts(): Promise<boolean> {
  const ends = 'src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode transport';
  const key = ['rfc4106(gcm(aes))', `0x${'5a'.repeat(20)}`, '64'];
  const state = ['ip', 'xfrm', 'state', 'add', ...ends.split(' '), 'aead', ...key];
  return (await run(['unshare', '--net', ...state])).code === 0;
}
