// The stack that the tests bring up on two nodes of a swarm, by the commands that are said of it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeLocalCertificate } from '../cli/certificate.ts';
import { ensureImage, imageStore } from '../cli/image/own.ts';
import { swarmStackOf } from '../cli/render-swarm.ts';
import { stackFile, writeStack } from '../drivers/docker/swarm/stack-folder.ts';
import { loadIntoDocker } from '../images/docker.ts';
import { runCommand } from '../kit/run-command.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { Plan } from '../plan/model.ts';
import { commandsFor } from '../targets/swarm/commands.ts';
import type { DeclaredSwarm, SwarmStack } from '../targets/swarm/model.ts';
import type { Topology } from '../topology/model.ts';
import { standardTopology } from '../topology/standard.ts';
import { withStandIn } from '../verify/selftest/stack-copy.ts';
import { dockerEnvironment } from './docker-daemon.ts';
import { exampleMachine } from './example-machine.ts';
import { exampleOptions } from './example-options.ts';
import { run } from './run-program.ts';
import { docker, type SwarmNode, type SwarmNodes } from './swarm-nodes.ts';

export const providerHost = 'provider.test';
export const providerAddress = '198.51.100.1';
export const agentKey = `swarm-agent-key-${'0123456789'.repeat(3)}`;
/** Each call of the chain crosses from one node to the other. */
export const places = {
  ingress: 'worker',
  gateway: 'manager',
  llm: 'worker',
  egress: 'manager',
} as const;
const waitMs = 180_000;

/** With the provider of a demonstration, and the way out of a stack that has one. */
export async function plannedSwarm(): Promise<{ topology: Topology; plan: Plan }> {
  const at = { file: 'clincher.yaml', line: 1, column: 1 };
  const base = exampleOptions();
  const options = exampleOptions({
    ...{ driver: 'swarm', isolation: 'segmented' },
    ingress: { ...base.ingress, listen: { host: '0.0.0.0', port: 8_443 } },
    egress: {
      ...base.egress,
      resolve: { [providerHost]: [providerAddress] },
      unsafeAllowAddresses: [`${providerAddress}:443`],
      rules: [{ caller: 'gateway', hosts: [providerHost], ports: [443], at }],
    },
  });
  const demo = standardTopology({ ...options, demo: true });
  // Whose egress has no rules: nothing of it is to leave.
  const egress = standardTopology(options).services.filter(({ name }) => name === 'egress');
  const services = [...demo.services.filter(({ name }) => name !== 'egress'), ...egress];
  const topology: Topology = { ...demo, services };
  const roles = await ensureImage('roles');
  const containers = { roles, openclaw: roles, socketGroup: null };
  const user = { uid: 1_000, gid: 1_000 };
  const plan = withStandIn(makePlan(topology, exampleMachine({ user, containers })));
  return { topology, plan };
}

export async function plannedStack(): Promise<DeclaredSwarm> {
  const { topology, plan } = await plannedSwarm();
  // This kernel has no ESP, so that nothing would get through.
  return swarmStackOf(topology, plan, { name: 'clincher', encrypted: false });
}

export async function bringUp(stack: SwarmStack, { manager, worker }: SwarmNodes): Promise<void> {
  const { folder } = manager.daemon;
  const env = dockerEnvironment(manager.daemon.socket);
  await bringImages({ manager, worker });
  await writeStack(stack, folder);
  const secretOf = await swarmSecrets();
  for (const name of new Set(stack.services.flatMap(({ plan }) => plan.secrets))) {
    const path = join(folder, 'secrets', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, secretOf(name));
  }
  for (const { lines } of commandsFor(stack, stackFile)) {
    for (const line of lines.filter((one) => one.startsWith('docker '))) {
      const command = placed(line, manager, worker);
      const { code, stderr } = await run(['sh', '-c', command], { cwd: folder, env, deadlineMs });
      assert.equal(code, 0, `${command}: ${stderr}`);
    }
  }
  await until(async () => {
    const states = await docker(manager.daemon, ['service', 'ls', '--format', '{{.Replicas}}']);
    return states.split('\n').every((state) => state.startsWith('1/1'));
  }).catch(async (error) => {
    const tasks = await docker(manager.daemon, ['stack', 'ps', '--no-trunc', 'clincher']);
    const said = stack.services.map(async ({ plan: { name } }) => {
      const args = ['service', 'logs', '--raw', '--tail', '4', `clincher_${name}`];
      const { stdout, stderr } = await manager.daemon.cli(...args);
      return `${name}:\n${stdout}${stderr}`;
    });
    throw new Error([tasks, ...(await Promise.all(said))].join('\n'), { cause: error });
  });
}

export async function placeOn(
  nodes: SwarmNodes,
  placed: Readonly<Record<string, 'manager' | 'worker'>>,
): Promise<void> {
  for (const [service, place] of Object.entries(placed)) {
    const added = ['--label-add', `clincher.${service}=here`, nodes[place].id];
    await docker(nodes.manager.daemon, ['node', 'update', ...added]);
  }
}

export async function bringImages({ manager, worker }: Pick<SwarmNodes, 'manager' | 'worker'>) {
  for (const { daemon } of [manager, worker]) {
    const there = { run: runCommand, env: dockerEnvironment(daemon.socket) };
    await loadIntoDocker(imageStore(), ['roles'], there);
  }
}

/** The value of each by its name. */
export async function swarmSecrets(): Promise<(name: string) => string> {
  const { certPem, keyPem } = await makeLocalCertificate(['localhost'], Date.now());
  const values: Readonly<Record<string, string>> = {
    ...{ 'ingress-tls-cert': certPem, 'ingress-tls-key': keyPem, 'secret-marks': '[]' },
    'agent-key': agentKey,
  };
  return (name) => values[name] ?? `value-of-${name}-0123456789-0123456789`;
}

const deadlineMs = 120_000;

/** `NODE` is for the reader to fill in. */
function placed(line: string, manager: SwarmNode, worker: SwarmNode): string {
  const service = /clincher\.(\S+)=here|_(\w+)_here$/.exec(line)?.slice(1).find(Boolean);
  const place = places[service as keyof typeof places];
  const { daemon, id } = place === 'manager' ? manager : worker;
  return line
    .replace('sudo ', '')
    .replace('ssh://NODE', `unix://${daemon.socket}`)
    .replace(/ NODE$/, ` ${id}`);
}

/** A stranger's server, which the node of egress alone has a way to. */
export async function openProvider(opened: AsyncDisposableStack, { run, daemon }: SwarmNode) {
  await run(['ip', 'link', 'set', 'lo', 'up']);
  await run(['ip', 'address', 'add', `${providerAddress}/32`, 'dev', 'lo']);
  const { certPem, keyPem } = await makeLocalCertificate([providerHost], Date.now());
  const program = `
    const options = ${JSON.stringify({ cert: certPem, key: keyPem })};
    require('node:tls').createServer(options, (socket) => socket.end('outside'))
      .listen(443, '${providerAddress}', () => console.log('listening'));`;
  const enter = ['--target', String(daemon.pid), '--net', '--', process.execPath, '-e', program];
  const child = spawn('nsenter', enter, { stdio: ['ignore', 'pipe', 'inherit'] });
  opened.defer(() => void child.kill());
  await once(child.stdout, 'data');
}

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    if (await isSo().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`not so after ${waitMs} ms`);
    await delay(500);
  }
}
