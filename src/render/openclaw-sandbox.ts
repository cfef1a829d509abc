// Where the agent's tools run, in the agent's own settings. Source: docs/gateway/sandboxing/ and
// docs/gateway/config-agents/sandbox.md in OpenClaw's package.

import type { Run, Topology } from '../topology/model.ts';
import { agentSandboxes, sandboxWorkspace } from '../topology/sandbox.ts';
import type { Json } from './openclaw-models.ts';
import { renderSshSandbox } from './openclaw-ssh.ts';

export interface SandboxNames {
  /** Containers of this stack are named so. */
  readonly containerPrefix: string;
  /** `1000:1000` */
  readonly user: string;
  /** What they are made of. */
  readonly image: string;
}

const mebibyte = 1024 * 1024;

/** `agents.defaults.sandbox`. */
export function renderSandbox(topology: Topology, names: SandboxNames, secretsDir: string): Json {
  const ssh = renderSshSandbox(topology, secretsDir);
  if (ssh !== null) return { ...every, ...ssh, browser: { enabled: false } };
  const runs = topology.services.map(({ run }) => run);
  const proxy = runs.find((run) => run.role === 'docker-proxy');
  // Whoever may only look cannot run a tool: then there is nowhere to run it but beside the agent.
  if (proxy === undefined || proxy.profile === 'observe') return { mode: 'off' };
  return {
    ...every,
    backend: 'docker',
    // Tools have a folder of their own, seeded with the agent's files: what they write there is
    // neither what the agent is told to be nor a Git hook that runs beside its secrets.
    workspaceAccess: 'none',
    workspaceRoot: agentSandboxes,
    docker: containers(proxy, names),
    prune: pruneOf(proxy),
    // The agent's own wants published ports, a network and an image of their own.
    browser: { enabled: false },
  };
}

/** When the agent removes containers, which it looks for when a turn begins. */
function pruneOf({ profile }: Extract<Run, { role: 'docker-proxy' }>): Json {
  // Whoever may not make one anew is to keep what somebody made for it, and would be refused.
  if (profile !== 'sandbox') return { idleHours: 0, maxAgeDays: 0 };
  // What tools left is in workspaceRoot: a container that goes takes along what is in its tmpfs.
  return { idleHours: 24, maxAgeDays: 7 };
}

const every = {
  // Every tool call, of every session: one that is not in a sandbox is beside the agent's secrets.
  mode: 'all',
  // What one conversation left behind is there in the next: the agent works on one workspace.
  scope: 'agent',
} as const;

function containers(run: Extract<Run, { role: 'docker-proxy' }>, names: SandboxNames): Json {
  const { shape } = run;
  return {
    image: names.image,
    containerPrefix: names.containerPrefix,
    workdir: sandboxWorkspace,
    readOnlyRoot: true,
    tmpfs: shape.tmpfs,
    network: shape.network,
    user: names.user,
    capDrop: ['ALL'],
    env: { LANG: 'C.UTF-8' },
    pidsLimit: shape.processesMax,
    memory: `${Math.floor(shape.memoryBytesMax / mebibyte)}m`,
    cpus: shape.cpusMax,
    binds: shape.binds.map(
      ({ source, target, readOnly }) => `${source}:${target}:${readOnly ? 'ro' : 'rw'}`,
    ),
  };
}
