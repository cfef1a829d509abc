// The images that are made here, without a registry: their names, and how whatever runs them refers
// to one. What each holds is in src/images.

export const ownImages = {
  /** Every role of ours: Node, its libraries, our program; no shell. */
  roles: 'every role of clincher, without a shell',
  /** The same with the agent on top: relay and agent run in one container, as in one jail. */
  openclaw: 'the agent, on top of the roles',
  /** Where they have no container of their own: without a shell none of them would run. */
  'openclaw-tools': 'the agent with the userland of the sandbox, for tools that run beside it',
  sandbox: 'what the agent’s tools run in: a small userland with Python',
  redis: 'Redis, from the distribution',
  /** For `ingress: caddy` and `ingress: nginx`. */
  caddy: 'Caddy, from the distribution, on top of the roles',
  nginx: 'nginx, from the distribution, on top of the roles',
  prometheus: 'Prometheus, from the distribution',
  alertmanager: 'Alertmanager, from the distribution',
  blackbox: 'the blackbox exporter, from the distribution',
} as const;

export type OwnImage = keyof typeof ownImages;

export type AgentImage = 'openclaw' | 'openclaw-tools';

export function agentImage(toolsRun: 'beside' | 'apart'): AgentImage {
  return toolsRun === 'beside' ? 'openclaw-tools' : 'openclaw';
}

/** Where the two have their program. */
export const ingressProgramPaths = { caddy: '/usr/bin/caddy', nginx: '/usr/sbin/nginx' } as const;
export type IngressImage = keyof typeof ingressProgramPaths;

/** Its version there: that of the suite, which takes no other than the mended one. */
export const ingressProgramVersions = { caddy: '2.6.2', nginx: '1.26.3' } as const;

/** What `docker run` and a Compose file call an image by: its tag says what is in it. */
export interface ImageReference {
  /** `clincher/roles:0123456789ab` */
  readonly reference: string;
  /** `sha256:` and 64 digits of its configuration: the id that `docker image inspect` gives. */
  readonly imageId: string;
  /** `sha256:` and 64 digits of its manifest: the id where containerd keeps the images. */
  readonly manifestDigest: string;
}

const tagDigits = 12;

export function imageReference(name: OwnImage, imageId: string): string {
  const digest = imageId.slice('sha256:'.length);
  return `clincher/${name}:${digest.slice(0, tagDigits)}`;
}
