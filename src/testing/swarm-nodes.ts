// Two Docker daemons as the nodes of one swarm, each in a network namespace of its own, with a
// cable between the two. All of it is gone with the daemons.

import { type DockerDaemon, startDockerDaemon } from './docker-daemon.ts';
import { run } from './run-program.ts';

export interface SwarmNode {
  readonly daemon: DockerDaemon;
  /** As the swarm knows it. */
  readonly id: string;
  /** At which the other node finds it. */
  readonly address: string;
  /** Prints what a program says that runs in the node's own network. */
  run(argv: readonly string[]): Promise<string>;
}

export interface SwarmNodes extends AsyncDisposable {
  readonly manager: SwarmNode;
  readonly worker: SwarmNode;
}

const cable = 'nodes';

/** `place` is that of the manager: a network of its own, or the test's (netns.ts). */
export async function startSwarmNodes(place: true | 'here' = true): Promise<SwarmNodes> {
  await using opened = new AsyncDisposableStack();
  const choices = { networks: true, noNewPrivileges: true };
  const started = await Promise.allSettled([
    startDockerDaemon({ ...choices, networks: place }),
    startDockerDaemon(choices),
  ]);
  const daemons = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  for (const daemon of daemons) opened.use(daemon);
  for (const each of started) if (each.status === 'rejected') throw each.reason;
  const [first, second] = daemons;
  if (first === undefined || second === undefined) throw new Error('two daemons are needed');
  const end = (daemon: DockerDaemon) => ['name', cable, 'netns', String(daemon.pid)];
  await must(['ip', 'link', 'add', ...end(first), 'type', 'veth', 'peer', ...end(second)]);
  const manager = await nodeOf(first, '10.77.0.1');
  const worker = await nodeOf(second, '10.77.0.2');
  await docker(first, ['swarm', 'init', ...at(manager.address)]);
  const token = await docker(first, ['swarm', 'join-token', '--quiet', 'worker']);
  const join = ['swarm', 'join', ...at(worker.address), '--token', token];
  await docker(second, [...join, `${manager.address}:2377`]);
  const kept = opened.move();
  return {
    manager: { ...manager, id: await idOf(first) },
    worker: { ...worker, id: await idOf(second) },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** @throws Error with what it said, unless it ends well */
export async function docker(daemon: DockerDaemon, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await daemon.cli(...args);
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

function at(address: string): readonly string[] {
  return ['--advertise-addr', address, '--listen-addr', `${address}:2377`];
}

async function nodeOf(daemon: DockerDaemon, address: string): Promise<Omit<SwarmNode, 'id'>> {
  const inside = (argv: readonly string[]) =>
    must(['nsenter', '--target', String(daemon.pid), '--net', '--', ...argv]);
  await inside(['ip', 'address', 'add', `${address}/24`, 'dev', cable]);
  await inside(['ip', 'link', 'set', cable, 'up']);
  return { daemon, address, run: inside };
}

function idOf(daemon: DockerDaemon): Promise<string> {
  return docker(daemon, ['info', '--format', '{{.Swarm.NodeID}}']);
}

async function must(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  return stdout;
}
