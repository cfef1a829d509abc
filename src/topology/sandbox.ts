// Where the agent's tools run, as part of the topology: the service that gives them a place, its
// edges, and what every sandbox is made like when the user says nothing.

import type { Place } from '../kit/place.ts';
import { dockerProxyRules } from '../roles/docker-proxy/settings.ts';
import type { Edge, Rights, Run, SandboxShape } from './model.ts';
import type { SandboxBackend, StackOptions } from './options.ts';
import { images } from './pins.ts';
import { stateFolder } from './templates.ts';

const mebibyte = 1024 * 1024;

/** The folder the agent works in, as its jail names it. */
export const agentWorkspace = `${stateFolder}/workspace`;

/** The same folder as a sandbox names it. */
export const sandboxWorkspace = '/workspace';

/** Inside docker-proxy. */
export const dockerSocketTarget = '/run/docker.sock';

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
  image: images.sandbox,
  imageId: null,
} as const satisfies StackOptions['sandbox']['docker'];

/** The reference has its Docker proxy always; it promises that one can only `exec` through it. */
export function standardBackend({
  preset,
  driver,
}: Pick<StackOptions, 'preset' | 'driver'>): SandboxBackend {
  if (preset === 'reference' || driver !== 'embedded') return 'docker';
  return 'none';
}

/** A service beside the agent that the tools run behind; null where they run with the agent. */
export interface SandboxService {
  readonly name: string;
  readonly run: Run;
  readonly mounts: Rights['mounts'];
  /** The port that the agent calls. */
  readonly port: string;
  readonly protocol: Edge['protocol'];
  readonly purpose: string;
  readonly at: Place;
}

export function sandboxServiceOf({ sandbox }: StackOptions): SandboxService | null {
  if (sandbox.backend !== 'docker') return null;
  const { socket, profile, image, imageId } = sandbox.docker;
  return {
    name: 'docker-proxy',
    run: {
      role: 'docker-proxy',
      rules: dockerProxyRules.parse({}),
      dockerSocket: socket,
      profile,
      image,
      imageId,
      shape: sandbox.shape,
    },
    mounts: [{ source: socket, target: dockerSocketTarget, readOnly: true }],
    port: 'api',
    protocol: 'docker-api',
    purpose: 'sandbox containers for tools',
    at: sandbox.at,
  };
}
