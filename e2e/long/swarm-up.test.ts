// `driver: swarm` on two daemons, each in a network of its own, the second reached over ssh: what
// is planned comes up on both, is observed, changed, verified and taken down, and calls cross.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { containerArgv } from '../../src/cli/installation.ts';
import { applySteps } from '../../src/cli/up/apply.ts';
import type { DockerDriver } from '../../src/drivers/docker/create-driver.ts';
import { createSwarmDriver } from '../../src/drivers/docker/swarm/create-driver.ts';
import { Secret } from '../../src/kit/secret.ts';
import { diffPlans } from '../../src/plan/diff.ts';
import type { Plan, ServicePlan } from '../../src/plan/model.ts';
import { openOutside } from '../../src/testing/canary-outside.ts';
import { dockerEnvironment, dockerSkip } from '../../src/testing/docker-daemon.ts';
import { type FarHost, withFarHost } from '../../src/testing/far-host.ts';
import { differences } from '../../src/testing/raw-verification.ts';
import { docker, type SwarmNodes, startSwarmNodes } from '../../src/testing/swarm-nodes.ts';
import { callModel } from '../../src/testing/swarm-programs.ts';
import {
  agentKey,
  bringImages,
  placeOn,
  places,
  plannedSwarm,
  swarmSecrets,
} from '../../src/testing/swarm-stack.ts';
import type { Topology } from '../../src/topology/model.ts';
import { verify } from '../../src/verify/verify.ts';

if (dockerSkip !== false) test('a stack of `driver: swarm`', { skip: dockerSkip });
else withFarHost(import.meta.url, tests, { timeoutMs: 1_500_000 });

function tests(box: () => FarHost): void {
  const opened = new AsyncDisposableStack();
  const stateDir = mkdtempSync(join(tmpdir(), 'clincher-swarm-'));
  let nodes: SwarmNodes;
  let driver: DockerDriver;
  let topology: Topology;
  let plan: Plan;
  let otherKey: string | null = null;

  before(async () => {
    nodes = opened.use(await startSwarmNodes('here'));
    // The declared provider is there, as any stranger is.
    opened.use(await openOutside());
    const { manager, worker } = nodes;
    ({ topology, plan } = await plannedSwarm());
    await bringImages(nodes);
    await placeOn(nodes, places);
    await box().useDocker(dockerEnvironment(worker.daemon.socket));
    const secretOf = await swarmSecrets();
    driver = await createSwarmDriver({
      ...{ stateDir, ...containerArgv },
      // This kernel has no ESP, so that nothing would get through.
      machines: {
        nodes: [`unix://${manager.daemon.socket}`, 'ssh://box'],
        encrypted: false,
      },
      variables: { ...dockerEnvironment(manager.daemon.socket), PATH: await box().sshFirst() },
      secrets: async (name) =>
        new Secret(name === 'metrics-token' ? (otherKey ?? secretOf(name)) : secretOf(name)),
    });
    opened.defer(() => rmSync(stateDir, { recursive: true, force: true }));
    opened.defer(async () => void (await driver.shutdown()));
  });
  after(() => opened.disposeAsync());

  const observed = async (name: string) =>
    (await driver.observe()).services.find((one) => one.name === name);
  const planned = (name: string): ServicePlan =>
    plan.services.find((one) => one.name === name) ?? assert.fail(name);
  const verified = async () => {
    const secretOf = await swarmSecrets();
    const secrets = topology.secrets.map(({ name }): [string, Secret] => [
      name,
      new Secret(secretOf(name)),
    ]);
    return verify(topology, plan, driver, {
      secrets: new Map(secrets.filter(([name]) => !/tls|marks/.test(name))),
      // One after the other: a machine with other work has little time for each.
      ...{ forbiddenPaths: [stateDir], stateDir, servicesAtOnce: 1 },
    });
  };
  const ask = async () => (await driver.probe('gateway', callModel(agentKey), null, 60_000)).trim();

  test('what is planned comes up on both nodes, and says so once it is ready', async () => {
    const findings = await driver.preflight(plan);
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'fatal'),
      [],
    );
    const { steps } = diffPlans(null, plan, { before: null, after: topology });
    await applySteps(steps, (step) => driver.apply(step), { waitingFor: () => undefined });
    const { services, topologyHash } = await driver.observe();
    assert.equal(topologyHash, plan.topologyHash);
    assert.deepEqual(
      services.map(({ name, state }) => `${name} ${state}`).sort(),
      plan.services.map(({ name }) => `${name} ready`).sort(),
    );
    assert.ok(services.every(({ pid, startedAt }) => pid !== null && startedAt !== null));
    // Nothing is to be changed of what runs as it is planned.
    const now = await driver.observe();
    assert.deepEqual(diffPlans(now, plan, { before: topology, after: topology }).steps, []);
    assert.match(await ask(), /^200 .*"content"/);
  });

  test('verification tries each from inside on its node, and nothing differs', async (context) => {
    const report = await verified();
    context.diagnostic(`${report.rows.length} rows in ${report.durationMs} ms`);
    assert.deepEqual(differences(report), []);
    // Across the nodes, at the addresses that the swarm chose.
    const open = report.rows.filter(({ via, observed }) => via === 'tcp4' && observed === 'open');
    const reached = open.map(({ from, to }) => `${from} ${to}`);
    for (const edge of ['ingress gateway', 'gateway llm', 'gateway egress', 'people ingress']) {
      assert.ok(reached.includes(edge), `${edge} in ${reached.join(', ')}`);
    }
  });

  test('verification finds a task on a network that is not its own', async () => {
    const other = planned('llm').bridges?.find(({ peer }) => peer === 'egress');
    const demo = planned('demo');
    const bridges = [...(demo.bridges ?? []), other ?? assert.fail('llm has no way to egress')];
    await driver.apply({ kind: 'replace', service: { ...demo, hash: 'd'.repeat(64), bridges } });
    const found = differences(await verified());
    assert.ok(found.includes('demo -> kernel rights a network beside the planned ones: open'));
    const reached = found.filter((line) => /^demo -> egress tcp4 .*:4750: open$/.test(line));
    assert.equal(reached.length, 1, found.join('\n'));
    await driver.apply({ kind: 'replace', service: demo });
  });

  test('one that is killed is started again, and counted', async () => {
    const seen = (await observed('llm')) ?? assert.fail('llm does not run');
    process.kill(seen.pid ?? assert.fail('llm has no process'), 'SIGKILL');
    await until(async () => {
      const now = await observed('llm');
      return now?.state === 'ready' && now.pid !== seen.pid && now.restarts === 1;
    });
    await until(async () => /^200 /.test(await ask()));
  });

  test('a change is another task, and what fails goes back to what ran', async () => {
    const metrics = planned('metrics');
    const before = await observed('metrics');
    const changed = { ...metrics, hash: 'f'.repeat(64) };
    await driver.apply({ kind: 'replace', service: changed });
    const after = await observed('metrics');
    assert.notEqual(after?.pid, before?.pid);
    assert.equal(after?.hash, changed.hash);
    const broken = { ...metrics, hash: 'e'.repeat(64), settings: { nothing: 'of use' } };
    await assert.rejects(driver.apply({ kind: 'replace', service: broken }), (error: Error) => {
      // Who sees it first: clincher, or the swarm.
      const ended = /metrics (ended before it was ready \(exit code 2\)|did not come up, and)/;
      assert.match(error.message, ended);
      assert.match(error.message, /Its last lines:\n {4}\S/);
      assert.match(error.message, /The version that ran before runs again/);
      return true;
    });
    const now = await observed('metrics');
    assert.deepEqual([now?.state, now?.hash], ['ready', changed.hash]);
  });

  test('a restart is another task, and so is another value of a secret', async () => {
    const before = await observed('egress');
    await driver.apply({ kind: 'replace', service: planned('egress') });
    assert.notEqual((await observed('egress'))?.pid, before?.pid);
    otherKey = 'another-value-0123456789-0123456789';
    await driver.apply({ kind: 'replace', service: planned('ingress') });
    const read = `import { readFileSync } from 'node:fs';
      console.log(readFileSync('/run/clincher/secrets/metrics-token', 'utf8'));`;
    assert.equal((await driver.probe('ingress', read, null, 30_000)).trim(), otherKey);
  });

  test('what the services say is read from the manager, wherever they run', async () => {
    const lines = [];
    for await (const { service } of driver.logs(null, { lines: 5, follow: false })) {
      lines.push(service);
    }
    assert.deepEqual([...new Set(lines)].sort(), plan.services.map(({ name }) => name).sort());
  });

  test('a service that is stopped is gone, and the stack with the last of it', async () => {
    await driver.apply({ kind: 'stop', name: 'metrics' });
    assert.equal(await observed('metrics'), undefined);
    assert.equal(await driver.shutdown(), true);
    assert.equal(await driver.isUp(), false);
    assert.equal(await driver.shutdown(), false);
    for (const { daemon } of [nodes.manager, nodes.worker]) {
      assert.equal(await docker(daemon, ['ps', '--all', '--quiet']), '');
    }
    assert.equal(await docker(nodes.manager.daemon, ['secret', 'ls', '--quiet']), '');
    // What was kept is on its node.
    assert.match(await docker(nodes.worker.daemon, ['volume', 'ls']), /_llm$/m);
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 180_000;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > deadline) throw new Error('not so after 180 s');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
