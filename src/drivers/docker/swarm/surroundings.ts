// What a stack file takes for granted: the networks that nodes make by themselves, the labels that
// say where a service runs, the secrets.

import { Readable } from 'node:stream';
import type { Secret } from '../../../kit/secret.ts';
import { bridgesIn } from '../../../targets/compose/compose-network.ts';
import { networkArgs, recipeArgs } from '../../../targets/swarm/local-networks.ts';
import {
  isPlaced,
  localNetworks,
  networkName,
  placeLabel,
  recipeName,
  type SwarmStack,
} from '../../../targets/swarm/model.ts';
import { secretName } from '../../../targets/swarm/secrets.ts';
import { failure } from '../docker-cli.ts';
import { lines } from '../found-container.ts';
import { managerOf, type Node } from './nodes.ts';

/** By which the secrets of a stack are found again. */
const secretLabel = 'clincher.stack';

/** @throws ClincherError `service-failed`, `docker-unreachable` */
export async function makeNetworks(nodes: readonly Node[], stack: SwarmStack): Promise<void> {
  const local = localNetworks(bridgesIn(stack.services.map(({ plan }) => plan)));
  if (local.length === 0) return;
  for (const node of nodes) {
    const there = await networksOf(node);
    for (const end of local) {
      if (!there.has(recipeName(stack, end.bridge))) await node.docker.ask(recipeArgs(stack, end));
    }
  }
  const manager = managerOf(nodes);
  const there = await networksOf(manager);
  for (const end of local) {
    if (there.has(networkName(stack, end.bridge))) continue;
    await manager.docker.ask(networkArgs(stack, end));
  }
}

async function networksOf({ docker }: Node): Promise<ReadonlySet<string>> {
  return new Set(lines(await docker.ask(['network', 'ls', '--format', '{{.Name}}'])));
}

/** What is on no node that anybody chose is on the first: what it keeps stays where it is. */
export async function placeServices(nodes: readonly Node[], stack: SwarmStack): Promise<void> {
  const manager = managerOf(nodes);
  const { docker } = manager;
  const ids = lines(await docker.ask(['node', 'ls', '--quiet']));
  const format = ['--format', '{{range $key, $_ := .Spec.Labels}}{{$key}}\n{{end}}'];
  const chosen = new Set(lines(await docker.ask(['node', 'inspect', ...format, ...ids])));
  const missing = stack.services.filter(isPlaced).map(({ plan }) => placeLabel(plan.name));
  const added = missing.filter((label) => !chosen.has(label));
  if (added.length === 0) return;
  const options = added.flatMap((label) => ['--label-add', `${label}=here`]);
  await docker.ask(['node', 'update', ...options, 'self']);
}

/** Those that are not there; each value comes by standard input, and never changes. */
export async function makeSecrets(
  nodes: readonly Node[],
  stack: Pick<SwarmStack, 'name'>,
  values: ReadonlyMap<string, Secret>,
): Promise<void> {
  const { docker } = managerOf(nodes);
  const there = new Set(lines(await docker.ask(['secret', 'ls', '--format', '{{.Name}}'])));
  for (const [key, value] of values) {
    const name = secretName(stack, key);
    if (there.has(name)) continue;
    const args = ['secret', 'create', '--label', `${secretLabel}=${stack.name}`, name, '-'];
    const result = await docker.run(args, { input: Readable.from([value.reveal()]) });
    if (result.code !== 0) throw failure(args, result);
  }
}

/** When nothing of the stack runs any more; what a node still uses for a moment stays. */
export async function takeAway(
  nodes: readonly Node[],
  stack: Pick<SwarmStack, 'name'>,
): Promise<void> {
  const { docker } = managerOf(nodes);
  const filter = ['--filter', `label=${secretLabel}=${stack.name}`];
  const secrets = lines(await docker.ask(['secret', 'ls', '--quiet', ...filter]));
  if (secrets.length > 0) await docker.run(['secret', 'rm', ...secrets]);
  for (const node of nodes) {
    const own = [...(await networksOf(node))].filter((name) => name.startsWith(`${stack.name}_`));
    // First those of the swarm, then the recipes that they were made from.
    for (const name of own.toSorted((a, b) => a.length - b.length)) {
      await node.docker.run(['network', 'rm', name]);
    }
  }
}
