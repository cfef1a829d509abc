// The Docker socket is root on the host: it is mounted into docker-proxy alone, and read-only.

import type { Mount, Service } from '../topology/model.ts';
import { jailMaker } from '../topology/sandbox.ts';
import type { Check, Fault } from './check.ts';
import { PathIndex } from './host-path.ts';
import type { TopologyView } from './view.ts';

export const dockerSocket: Check = {
  id: 'docker-socket',
  invariant:
    'The Docker socket is mounted into docker-proxy alone, read-only, and no other edge leads to it.',
  because: 'Who can speak to the Docker daemon can mount the whole host and is root on it.',
  *find(view) {
    const sockets = socketPaths(view);
    for (const service of view.topology.services) {
      for (const mount of service.rights.mounts) yield* mountFaults(service, mount, sockets);
    }
    for (const edge of view.topology.edges) {
      if (view.externals.get(edge.to)?.kind !== 'host-resource') continue;
      const role = view.services.get(edge.from)?.run.role;
      if (role === 'docker-proxy' || (edge.to === jailMaker && role === 'sandbox')) continue;
      yield {
        severity: 'fatal',
        about: edge.id,
        message: `${edge.from} has an edge to ${edge.to}, which only docker-proxy may have`,
        fix: `Remove the edge; let ${edge.from} call docker-proxy.`,
        at: edge.at,
      };
    }
  },
};

const usualSockets: readonly string[] = ['/var/run/docker.sock', '/run/docker.sock'];

/** Of any container engine, wherever it is. */
const socketNames = /\/(?:docker|containerd|podman|crio|buildkitd)(?:-[a-z]+)?\.sock$/;

function socketPaths(view: TopologyView): PathIndex<string> {
  const sockets = new PathIndex<string>();
  for (const path of usualSockets) sockets.add(path, path);
  for (const { run } of view.topology.services) {
    if (run.role === 'docker-proxy') sockets.add(run.dockerSocket, run.dockerSocket);
  }
  return sockets;
}

/** A folder with the socket in it is as good as the socket. */
function holdsSocket(mount: Mount, sockets: PathIndex<string>): boolean {
  if (socketNames.test(mount.source) || socketNames.test(mount.target)) return true;
  const [socket] = sockets.within(mount.source);
  return socket !== undefined;
}

function* mountFaults(service: Service, mount: Mount, sockets: PathIndex<string>): Iterable<Fault> {
  if (!holdsSocket(mount, sockets)) return;
  const about = service.name;
  if (service.run.role !== 'docker-proxy') {
    yield {
      severity: 'fatal',
      about,
      message: `${about} mounts ${mount.source}, through which the Docker daemon can be reached`,
      fix: 'Remove the mount; declare an edge to docker-proxy instead.',
      at: service.at,
    };
  } else if (!mount.readOnly) {
    yield {
      severity: 'fatal',
      about,
      message: `${about} mounts ${mount.source} writable, and could replace it`,
      fix: 'Mount it read-only.',
      at: service.at,
    };
  }
}
