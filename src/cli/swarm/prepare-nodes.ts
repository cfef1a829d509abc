// The nodes of a swarm, made ready for a stack: each gets the images, and what one lacks is found
// before anything is deployed. Each finding's id is an error code.

import type { Variables } from '../../drivers/docker/docker-cli.ts';
import { membership, type Node, nodesAt, swarm } from '../../drivers/docker/swarm/nodes.ts';
import { finding } from '../../host/preflight-finding.ts';
import { loadIntoDocker } from '../../images/docker.ts';
import type { ImageStore } from '../../images/store.ts';
import type { Finding } from '../../kit/finding.ts';
import { runCommand } from '../../kit/run-command.ts';
import { inside } from '../../plan/paths.ts';
import type { SwarmMachines } from '../../topology/model.ts';
import type { OwnImage } from '../../topology/own-images.ts';
import { gainsPrivileges, noNewPrivilegesFix } from '../new-privileges.ts';
import { closedPaths } from './node-paths.ts';

export interface ToPrepare {
  /** Each as `ssh://user@host`; the first is a manager. */
  readonly places: readonly string[];
  readonly images: readonly OwnImage[];
  readonly store: ImageStore;
  readonly encrypted: boolean;
  readonly variables: Variables;
  readonly say: (text: string) => void;
}

/**
 * All that is found, of all nodes.
 * @throws ClincherError `docker-unreachable`, `image-missing`, `image-input`, `disk-full`
 */
export async function prepareNodes(wanted: ToPrepare): Promise<readonly Finding[]> {
  const { places, images, store, say } = wanted;
  const nodes = nodesAt(places, wanted.variables);
  const findings: Finding[] = [];
  for (const [index, node] of nodes.entries()) findings.push(...(await membership(node, index)));
  for (const { place, docker } of nodes) {
    const loaded = await loadIntoDocker(store, images, {
      run: runCommand,
      env: docker.environment(),
    });
    const names = loaded.map(({ reference }) => reference).join(', ');
    say(loaded.length === 0 ? `${place} has the images` : `${place} has got ${names}`);
  }
  const { reference } = await store.image('roles');
  const isSwarm = findings.every(({ severity, about }) => severity !== 'fatal' || about !== swarm);
  for (const node of nodes) findings.push(...(await privileges(node, reference)));
  if (isSwarm) findings.push(...(await pathFindings(nodes, reference, wanted.encrypted)));
  return findings;
}

/** What nothing but trying shows, of nodes of a swarm that have the image. */
export async function tryNodes(
  { nodes: places, encrypted }: SwarmMachines,
  image: string,
  variables: Variables,
): Promise<readonly Finding[]> {
  const nodes = nodesAt(places, variables);
  const gaining = await Promise.all(nodes.map((node) => privileges(node, image)));
  const paths = nodes.length > 1 ? await pathFindings(nodes, image, encrypted) : [];
  return [...gaining.flat(), ...paths];
}

/** Whether a container of it could gain what a stack file has no word against. */
async function privileges({ place, docker }: Node, image: string): Promise<readonly Finding[]> {
  const bounds = ['--network=none', '--read-only', '--cap-drop=ALL', `--entrypoint=${inside.node}`];
  const program = `
    const text = process.getBuiltinModule('node:fs').readFileSync('/proc/self/status', 'utf8');
    process.stdout.write(text);`;
  const status = await docker.ask(['run', '--rm', ...bounds, image, '-e', program]);
  if (!gainsPrivileges(status)) return [];
  const message = `containers of ${place} can gain new privileges, and every role refuses to start`;
  return [finding('engine-old', 'fatal', place, message, noNewPrivilegesFix)];
}

async function pathFindings(
  nodes: readonly Node[],
  image: string,
  encrypted: boolean,
): Promise<readonly Finding[]> {
  const open = await closedPaths(nodes, image, false);
  const between = ({ from, to }: { from: string; to: string }) => `from ${from} to ${to}`;
  const fixOpen =
    'Open 7946/tcp, 7946/udp and 4789/udp between them; both kernels need VXLAN: sudo modprobe vxlan.';
  const plain = open.map((path) => {
    const message = `nothing gets ${between(path)} by a network of the swarm`;
    return finding('host-unfit', 'fatal', path.from, message, fixOpen);
  });
  // What does not get through openly says nothing of encryption.
  if (!encrypted || open.length > 0) return plain;
  const fix =
    'One of their kernels has no ESP (sudo modprobe -a esp4 aesni_intel), or what is between them ' +
    'drops protocol 50. Where the wire is your own: `swarm: { encrypted: false }`, and --unencrypted ' +
    'at `swarm prepare` and `render swarm`.';
  return (await closedPaths(nodes, image, true)).map((path) => {
    const message = `nothing gets ${between(path)} by an encrypted network of the swarm`;
    return finding('host-unfit', 'fatal', path.from, message, fix);
  });
}
