// Calls of the Docker API that the user lists for the agent: some of them are the host, whatever
// the template says of containers, and some show what is not the agent's.

import type { Operation } from '../policy/docker/operation.ts';
import { findOperation } from '../policy/docker/operations.ts';
import type { DockerProxyRules } from '../roles/docker-proxy/settings.ts';
import type { Check, Fault } from './check.ts';
import { placeOf } from './place-text.ts';

type CustomCall = DockerProxyRules['custom'][number];

interface Danger {
  readonly severity: Fault['severity'];
  readonly what: string;
  readonly fix: string;
}

export const sandboxCalls: Check = {
  id: 'sandbox-calls',
  invariant:
    'Calls listed for the Docker proxy make containers by the template alone, and change nothing ' +
    'but what the agent made.',
  because: 'One call past the template, or one of the daemon itself, is root on the host.',
  *find({ topology }) {
    for (const { name, run } of topology.services) {
      if (run.role !== 'docker-proxy' || run.profile !== 'custom') continue;
      for (const call of run.rules.custom) {
        const danger = dangerOf(call);
        if (danger === null) continue;
        const { severity, what, fix } = danger;
        const message = `${name} lets ${call.method} ${call.path} through, ${what}`;
        yield { severity, about: name, message, fix, at: placeOf(call.at) };
      }
    }
  },
};

/** The worst that is to be said of a call; null when it keeps to what the agent made. */
function dangerOf(call: CustomCall): Danger | null {
  const found = findOperation(call.method, call.path.slice(1).split('/'));
  // What is no call of the API is refused where the file is read, and again at the start.
  if (found === null) return null;
  const { operation } = found;
  const leaveOut = 'Leave the call out; ask the daemon yourself where it is needed.';
  const fatal = (what: string, fix = leaveOut): Danger => ({ severity: 'fatal', what, fix });
  if (isUnchecked(call, operation)) {
    return fatal('with a body that no template checks', 'Set `body: template`.');
  }
  const area = areaOf(operation);
  if (area !== null && (changes(operation) || area.showsSecrets)) {
    return fatal(`which is of the daemon's ${area.name} and not of a sandbox`);
  }
  if (operation.path.includes('archive')) {
    return fatal(
      'by which the daemon, as root, follows links that the agent made',
      'Leave the call out; files go through commands in the sandbox.',
    );
  }
  if (call.unsafeUnscoped && changes(operation)) {
    return fatal('on what the agent did not make', 'Take `unsafeUnscoped` out.');
  }
  if (operation.name === 'ContainerUpdate') {
    return {
      severity: 'warning',
      what: 'by which limits become other than this file says',
      fix: 'Set `sandbox.memory`, `cpus` and `pids` to what is needed, and leave the call out.',
    };
  }
  const shows = area?.name ?? (call.unsafeUnscoped ? 'containers, whoever made them' : null);
  if (shows === null || quiet.has(operation.name)) return null;
  return { severity: 'warning', what: `which shows the daemon's ${shows}`, fix: leaveOut };
}

/** A create or an exec: of these the body says what it may do. */
function isUnchecked({ body }: CustomCall, operation: Operation): boolean {
  const isJudged = operation.body === 'create' || operation.body === 'exec-create';
  return isJudged && body !== 'template';
}

/** A WebSocket that is attached to a container is asked for with GET, and writes to it. */
function changes({ method, name }: Operation): boolean {
  return (method !== 'GET' && method !== 'HEAD') || name === 'ContainerAttachWebsocket';
}

/** They say nothing of anybody's. */
const quiet: ReadonlySet<string> = new Set(['SystemPing', 'SystemPingHead', 'SystemVersion']);

interface Area {
  readonly name: string;
  /** Tokens and keys by which one joins or opens a swarm. */
  readonly showsSecrets: boolean;
}

/** By the first part of the path; null for what is about containers and ways to look. */
function areaOf({ path, name }: Operation): Area | null {
  const first = path[0] ?? '';
  // What of images is only looked at is within the template's.
  if (name === 'ImageInspect' || name === 'ImageList' || notOfTheDaemon.has(first)) return null;
  return { name: areas[first] ?? first, showsSecrets: first === 'swarm' };
}

const notOfTheDaemon: ReadonlySet<string> = new Set([
  ...['_ping', 'version', 'info', 'events', 'containers', 'exec'],
]);

const areas: Readonly<Record<string, string>> = {
  auth: 'registries',
  build: 'builds',
  commit: 'images',
  distribution: 'registries',
  grpc: 'builds',
  session: 'builds',
  system: 'disk',
};
