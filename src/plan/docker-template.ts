// What docker-proxy lets the agent make: containers of one image, with the shape that the topology
// says, and in them the agent's workspace, which the daemon knows by another name than the agent.

import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { type DockerProxyRules, sandboxTemplate } from '../roles/docker-proxy/settings.ts';
import type { Run, SandboxShape } from '../topology/model.ts';
import { agentWorkspace, sandboxWorkspace } from '../topology/sandbox.ts';
import { stateFolder } from '../topology/templates.ts';
import type { Machine } from './machine.ts';

type DockerProxyRun = Extract<Run, { role: 'docker-proxy' }>;

/** Of `/tmp`, where tools build; it counts as a sandbox's memory. */
const tmpBytes = 256 * 1024 * 1024;
/** Of root's stack; a sandbox never runs as root. */
const strangerUser = '1000:1000';

/**
 * Stacks on one daemon do not see one another's containers; 21 characters at most, because the
 * agent adds 42 of its own and cuts names at 63.
 */
export function containerPrefix(machine: Machine): string {
  return `openclaw-sbx-${stackId(machine).slice(0, 7)}-`;
}

export function dockerRulesOf(run: DockerProxyRun, machine: Machine): DockerProxyRules {
  const { profile, shape, image, imageId, rules } = run;
  const template = sandboxTemplate.parse({
    images: [{ name: image, ...(imageId === null ? {} : { id: imageId }) }],
    user: sandboxUser(shape, machine),
    names: [`${containerPrefix(machine)}*`],
    binds: bindsOf(shape, machine),
    tmpfs: shape.tmpfs.map((path) => ({
      path,
      ...(path === '/tmp' ? { sizeBytes: tmpBytes } : {}),
    })),
    network: shape.network,
    memoryBytes: { default: shape.memoryBytesMax, max: shape.memoryBytesMax },
    nanoCpus: nanoCpus(shape),
    pids: { default: shape.processesMax, max: shape.processesMax },
  });
  return { ...rules, profile, template, scope: `clincher-${stackId(machine).slice(0, 12)}` };
}

export function sandboxUser({ user }: SandboxShape, { user: { uid, gid } }: Machine): string {
  return user ?? (uid === 0 ? strangerUser : `${uid}:${gid === 0 ? uid : gid}`);
}

/**
 * Whoever runs in a sandbox of root's stack is a stranger to the workspace: it may add to it, and
 * change what it added (the sticky bit). Anyone else's sandboxes are the owner.
 */
export function workspaceMode(machine: Machine): number {
  return machine.user.uid === 0 ? 0o1777 : 0o700;
}

/** The agent's skills are not for its tools to change, wherever they lie in the workspace. */
const readOnlyFolders = ['skills', '.agents/skills', '.openclaw/sandbox-skills/skills'];

function bindsOf({ binds }: SandboxShape, machine: Machine) {
  const own = [{ source: agentWorkspace, target: sandboxWorkspace, readOnly: false }];
  const skills = readOnlyFolders.map((folder) => ({
    source: posix.join(agentWorkspace, folder),
    target: posix.join(sandboxWorkspace, folder),
    readOnly: true,
  }));
  return [...own, ...skills, ...binds].map((bind) => ({
    ...bind,
    hostSource: hostPath(bind.source, machine),
  }));
}

function hostPath(path: string, machine: Machine): string {
  return posix.join(machine.agentState, posix.relative(stateFolder, path));
}

function nanoCpus({ cpusMax }: SandboxShape) {
  const nano = Math.round(cpusMax * 1_000_000_000);
  return { default: nano, max: nano };
}

function stackId({ agentState }: Machine): string {
  return createHash('sha256').update(agentState).digest('hex');
}
