// Whether what is sent on one node of a swarm arrives on another: on a network made for it, between
// containers made for it, all taken away again. What a kernel lacks shows nowhere else: tasks run,
// and hear nothing of one another.

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Node } from '../../drivers/docker/swarm/nodes.ts';
import { inside } from '../../plan/paths.ts';

export interface Path {
  readonly from: string;
  readonly to: string;
}

const port = 4_000;
/** Of one way: a node hears of a new network within a few seconds. */
const waitMs = 15_000;
const deadlineMs = 60_000;
const bounds = ['--read-only', '--cap-drop=ALL', '--dns=127.0.0.1', `--entrypoint=${inside.node}`];

/**
 * Those that are closed. The first node is a manager.
 * @throws ClincherError `docker-unreachable`, `service-failed`
 */
export async function closedPaths(
  nodes: readonly Node[],
  image: string,
  encrypted: boolean,
): Promise<readonly Path[]> {
  const [manager] = nodes;
  if (manager === undefined) return [];
  const network = `clincher-check-${randomBytes(4).toString('hex')}`;
  const options = ['--driver=overlay', '--attachable', '--internal'];
  const opt = encrypted ? ['--opt=encrypted'] : [];
  await using opened = new AsyncDisposableStack();
  await manager.docker.ask(['network', 'create', ...options, ...opt, network]);
  opened.defer(() => removeNetwork(manager, network));
  const ends: End[] = [];
  for (const node of nodes) {
    opened.defer(async () => void (await node.docker.run(['rm', '--force', network])));
    ends.push({ node, address: await openEnd(node, image, network) });
  }
  const tried = ends.flatMap((from) =>
    ends
      .filter((to) => to !== from)
      .map(async (to) => ((await gets(from, to, network)) ? [] : [{ from, to }])),
  );
  const closed = (await Promise.all(tried)).flat();
  return closed.map(({ from, to }) => ({ from: from.node.place, to: to.node.place }));
}

interface End {
  readonly node: Node;
  readonly address: string;
}

/** A container by the name of the network. Resolves to its address there. */
async function openEnd({ docker }: Node, image: string, network: string): Promise<string> {
  const program = `
    const { createServer } = process.getBuiltinModule('node:net');
    createServer((one) => one.end('here')).listen(${port});`;
  const named = ['--detach', `--name=${network}`, `--network=${network}`];
  await docker.ask(['run', ...named, ...bounds, image, '-e', program], { deadlineMs });
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
  return (await docker.ask(['inspect', '--type=container', '--format', format, network])).trim();
}

async function gets(from: End, to: End, network: string): Promise<boolean> {
  const program = `
    const { connect } = process.getBuiltinModule('node:net');
    const again = () => {
      const one = connect(${port}, '${to.address}');
      one.setTimeout(2000, () => one.destroy());
      one.on('data', () => process.exit(0)).on('error', () => {});
      one.on('close', () => setTimeout(again, 300));
    };
    setTimeout(() => process.exit(1), ${waitMs});
    again();`;
  const args = ['exec', network, inside.node, '-e', program];
  return (await from.node.docker.run(args, { deadlineMs })).code === 0;
}

/** A container that was taken away holds on to it for a moment. */
async function removeNetwork({ docker }: Node, network: string): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    if ((await docker.run(['network', 'rm', network])).code === 0) return;
    await delay(500);
  }
}
