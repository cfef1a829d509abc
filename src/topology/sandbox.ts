// Where the agent's tools run, as part of the topology: the service that gives them a place, its
// edges, and what every sandbox is made like when the user says nothing.

import type { Place } from '../kit/place.ts';
import { dockerProxyRules } from '../roles/docker-proxy/settings.ts';
import { sandboxRules } from '../roles/sandbox/settings.ts';
import type { Edge, Rights, Run, SandboxShape, SecretName } from './model.ts';
import type { SandboxBackend, StackOptions } from './options.ts';
import {
  sandboxAuthorizedKey,
  sandboxClientKey,
  sandboxHostKey,
  sandboxKnownHosts,
} from './secrets.ts';
import { stateFolder } from './templates.ts';

const mebibyte = 1024 * 1024;

/** The folder the agent works in, as its jail names it. */
export const agentWorkspace = `${stateFolder}/workspace`;

/** What its sandboxes work in: a folder for each. */
export const agentSandboxes = `${stateFolder}/sandboxes`;

/** That folder as the sandbox names it. */
export const sandboxWorkspace = '/workspace';

/** Where the SSH sandbox has folders that stay; the agent makes one for each of its own. */
export const sandboxWorkspaceRoot = '/sandbox';

/** Inside docker-proxy. */
export const dockerSocketTarget = '/run/docker.sock';

/** The driver, as far as it makes jails for what runs in one. */
export const jailMaker = 'jails';

export const standardShape: SandboxShape = {
  user: null,
  network: 'none',
  memoryBytesMax: 1_024 * mebibyte,
  cpusMax: 1,
  processesMax: 256,
  tmpfs: ['/tmp', '/var/tmp', '/run'],
  binds: [],
};

export const standardDocker = {
  socket: '/var/run/docker.sock',
  profile: 'sandbox',
  image: null,
  imageId: null,
} as const satisfies StackOptions['sandbox']['docker'];

/** The reference has its Docker proxy always; it promises that one can only `exec` through it. */
export function standardBackend({
  preset,
  driver,
}: Pick<StackOptions, 'preset' | 'driver'>): SandboxBackend {
  if (preset === 'reference' || driver !== 'embedded') return 'docker';
  return 'ssh';
}

/** A service beside the agent that the tools run behind; null where they run with the agent. */
export interface SandboxService {
  readonly name: string;
  readonly run: Run;
  readonly mounts: Rights['mounts'];
  readonly holds: readonly SecretName[];
  /** What the agent holds to be let in. */
  readonly agentHolds: readonly SecretName[];
  /** What of the host it has to do with: the daemon, or the driver as the maker of jails. */
  readonly hostResource: { readonly name: string; readonly purpose: string };
  /** The port that the agent calls. */
  readonly port: string;
  readonly protocol: Edge['protocol'];
  readonly purpose: string;
  readonly at: Place;
}

export function sandboxServiceOf({ sandbox }: StackOptions): SandboxService | null {
  switch (sandbox.backend) {
    case 'ssh':
      return sshSandbox(sandbox);
    case 'docker':
      return dockerSandbox(sandbox);
    case 'none':
      return null;
  }
}

function sshSandbox({ shape, at }: StackOptions['sandbox']): SandboxService {
  return {
    name: 'sandbox',
    run: { role: 'sandbox', rules: sandboxRules.parse({}), shape },
    mounts: [],
    holds: [sandboxHostKey, sandboxAuthorizedKey],
    agentHolds: [sandboxClientKey, sandboxKnownHosts],
    hostResource: { name: jailMaker, purpose: 'a jail for each command, shaped by the plan' },
    port: 'ssh',
    protocol: 'tcp',
    purpose: 'a place to run tools, over SSH',
    at,
  };
}

function dockerSandbox(sandbox: StackOptions['sandbox']): SandboxService {
  const { socket, profile, image, imageId, calls = [] } = sandbox.docker;
  return {
    name: 'docker-proxy',
    run: {
      role: 'docker-proxy',
      rules: dockerProxyRules.parse({ custom: calls }),
      dockerSocket: socket,
      profile,
      image,
      imageId,
      shape: sandbox.shape,
    },
    mounts: [{ source: socket, target: dockerSocketTarget, readOnly: true }],
    holds: [],
    agentHolds: [],
    hostResource: { name: 'docker.sock', purpose: 'the requests it let through' },
    port: 'api',
    protocol: 'docker-api',
    purpose: 'sandbox containers for tools',
    at: sandbox.at,
  };
}
