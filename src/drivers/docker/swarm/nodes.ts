// The nodes of a swarm that can be asked: each by a docker command line of its own, the first a
// manager. What runs on another node is known by the manager's word alone.

import { finding } from '../../../host/preflight-finding.ts';
import { ClincherError } from '../../../kit/error.ts';
import type { Finding } from '../../../kit/finding.ts';
import { DockerCli, type Variables } from '../docker-cli.ts';
import { engineFindings } from '../engine.ts';

export interface Node {
  /** `ssh://user@host`, as Docker's own command line takes it. */
  readonly place: string;
  readonly docker: DockerCli;
  /** Whether it is of this machine, whose processes can be looked at. */
  readonly isHere: boolean;
}

export const thisDocker = 'Docker';

/** `places`: none is the Docker of here. */
export function nodesAt(places: readonly string[], variables: Variables): readonly Node[] {
  if (places.length === 0) {
    const host = variables.DOCKER_HOST ?? 'unix://';
    const isHere = host.startsWith('unix://');
    return [{ place: thisDocker, docker: new DockerCli(variables), isHere }];
  }
  return places.map((place) => ({
    place,
    docker: new DockerCli({ ...variables, DOCKER_HOST: place }),
    isHere: place.startsWith('unix://'),
  }));
}

export function managerOf([manager]: readonly Node[]): Node {
  if (manager !== undefined) return manager;
  throw new ClincherError('usage', 'a swarm has at least one node', {
    fix: 'Name its nodes in `swarm: { nodes: [...] }`, a manager first.',
  });
}

/** What a finding is about where it is the node's place in the swarm. */
export const swarm = 'swarm';

/** @throws ClincherError `docker-unreachable` */
export async function membership(
  { place, docker }: Node,
  index: number,
): Promise<readonly Finding[]> {
  const format = '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}} {{.ServerVersion}}';
  const said = (await docker.ask(['info', '--format', format])).trim();
  const [state, isManager, version = ''] = said.split(' ');
  const engine = engineFindings(version).map((one) => ({
    ...one,
    message: `${place}: ${one.message}`,
  }));
  if (state !== 'active') {
    const fix = 'Make one of the first node, `docker swarm init`, and join the others as it says.';
    return [...engine, finding('host-unfit', 'fatal', swarm, `${place} is in no swarm`, fix)];
  }
  if (index > 0 || isManager === 'true') return engine;
  const fix = 'Name a manager first: `docker node ls` on it says who is one.';
  return [...engine, finding('host-unfit', 'fatal', swarm, `${place} is no manager`, fix)];
}
