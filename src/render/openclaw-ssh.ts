// The agent's tools over SSH, in the agent's own settings. Source:
// docs/gateway/sandboxing/ssh-backend.md in OpenClaw's package.

import type { Topology } from '../topology/model.ts';
import { agentPorts } from '../topology/pins.ts';
import { sandboxWorkspaceRoot } from '../topology/sandbox.ts';
import { sandboxClientKey, sandboxKnownHosts } from '../topology/secrets.ts';
import type { Json } from './openclaw-models.ts';

/** What `agents.defaults.sandbox` says of the SSH backend; null where it is not the one. */
export function renderSshSandbox(topology: Topology, secretsDir: string): Json | null {
  const run = topology.services.map((service) => service.run).find(isSandbox);
  const [scope] = run?.rules.scopes ?? [];
  if (scope === undefined) return null;
  return {
    backend: 'ssh',
    ssh: {
      target: `${scope}@127.0.0.1:${agentPorts.sandbox}`,
      workspaceRoot: sandboxWorkspaceRoot,
      identityFile: `${secretsDir}/${sandboxClientKey}`,
      knownHostsFile: `${secretsDir}/${sandboxKnownHosts}`,
      strictHostKeyChecking: true,
      // The file is read-only, and no other key is to be learnt.
      updateHostKeys: false,
    },
    // What the agent made there is nowhere else: it is taken away when somebody says so.
    prune: { idleHours: 0, maxAgeDays: 0 },
  };
}

type SandboxRun = Extract<Topology['services'][number]['run'], { role: 'sandbox' }>;

function isSandbox(run: Topology['services'][number]['run']): run is SandboxRun {
  return run.role === 'sandbox';
}
