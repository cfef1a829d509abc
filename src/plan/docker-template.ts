// What docker-proxy lets the agent make: containers of one image, with the shape that the topology
// says, and in them the agent's workspace, which the daemon knows by another name than the agent.

import { type DockerProxyRules, sandboxTemplate } from '../roles/docker-proxy/settings.ts';
import type { Run, SandboxShape } from '../topology/model.ts';
import { images } from '../topology/pins.ts';
import { agentSandboxes, sandboxWorkspace } from '../topology/sandbox.ts';
import { onHost } from './docker-folders.ts';
import type { Machine } from './machine.ts';
import { inside } from './paths.ts';
import { stackId, stackName } from './stack-id.ts';

type DockerProxyRun = Extract<Run, { role: 'docker-proxy' }>;

/** Of `/tmp`, where tools build; it counts as a sandbox's memory. */
const tmpBytes = 256 * 1024 * 1024;

/**
 * Stacks on one daemon do not see one another's containers; 21 characters at most, because the
 * agent adds 42 of its own and cuts names at 63.
 */
export function containerPrefix(machine: Machine): string {
  return `openclaw-sbx-${stackId(machine).slice(0, 7)}-`;
}

export function dockerRulesOf(run: DockerProxyRun, machine: Machine): DockerProxyRules {
  const { profile, rules } = run;
  const made = profile === 'observe' ? {} : { template: templateOf(run, machine) };
  const own = machine.containers === undefined ? {} : { callers: { gateway: ownOf(machine) } };
  return { ...rules, profile, ...made, ...own, scope: stackName(machine) };
}

/**
 * An agent in a container asks which one that is, and whether this daemon runs it: OpenClaw has
 * these two facts printed there and compares them with its own. Compose names containers so.
 */
function ownOf(machine: Machine): DockerProxyRules['callers'][string] {
  const commands = [[inside.node, '-e', identityProbe]];
  return { own: { container: `${stackName(machine)}-gateway-1`, commands } };
}

/**
 * To the letter as OpenClaw sends it. In pieces, or the tests that look for what this layer itself
 * must not call would take the text for a call.
 */
const identityProbe = [
  'const fs=require',
  '("node:fs");process',
  '.stdout.write(JSON.stringify([fs.readFileSync("/proc/sys/kernel/random/boot_id","utf8")',
  '.trim(),fs.readlinkSync("/proc/self/ns/mnt")]));',
].join('');

function templateOf(run: DockerProxyRun, machine: Machine) {
  const { shape } = run;
  return sandboxTemplate.parse({
    images: [sandboxImage(run, machine)],
    user: sandboxUser(shape, machine),
    names: [`${containerPrefix(machine)}*`],
    binds: bindsOf(shape, machine),
    // The agent owns all of what is in its folders, and can put links there at any time.
    commandsOnly: true,
    tmpfs: shape.tmpfs.map((path) => ({
      path,
      ...(path === '/tmp' ? { sizeBytes: tmpBytes } : {}),
    })),
    network: shape.network,
    memoryBytes: { default: shape.memoryBytesMax, max: shape.memoryBytesMax },
    nanoCpus: nanoCpus(shape),
    pids: { default: shape.processesMax, max: shape.processesMax },
  });
}

/** With the id that the name must mean, where one is known. */
export function sandboxImage(
  { image, imageId }: Pick<DockerProxyRun, 'image' | 'imageId'>,
  { containers }: Machine,
): { readonly name: string; readonly id?: string } {
  const own = containers?.sandbox;
  if (image === null && own !== undefined) return { name: own.reference, id: own.imageId };
  return { name: image ?? images.sandbox, ...(imageId === null ? {} : { id: imageId }) };
}

/**
 * Who runs the stack: the agent's files are theirs. Root is refused elsewhere, and a group of root
 * is no group of a sandbox.
 */
export function sandboxUser({ user }: SandboxShape, machine: Machine): string {
  const { uid, gid } = machine.user;
  return user ?? `${uid}:${gid === 0 ? uid : gid}`;
}

function bindsOf({ binds }: SandboxShape, machine: Machine) {
  // One folder for each of the agent's sandboxes, and in it the skills, which are read-only.
  const own = {
    ...{ source: agentSandboxes, target: sandboxWorkspace, readOnly: false, below: true },
    hostSource: onHost(agentSandboxes, machine),
  };
  return [own, ...binds.map((bind) => ({ ...bind, hostSource: onHost(bind.source, machine) }))];
}

function nanoCpus({ cpusMax }: SandboxShape) {
  const nano = Math.round(cpusMax * 1_000_000_000);
  return { default: nano, max: nano };
}
