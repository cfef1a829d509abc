// The agent's images: the layers of our roles, since a relay runs beside it, what its tools run in
// or the programs of this machine that it starts its sandboxes with, and its package as npm
// installed it.

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { inside } from '../plan/paths.ts';
import type { AgentImage } from '../topology/own-images.ts';
import { type DebianWorld, debianLayer } from './debian-layer.ts';
import type { ImageDeclaration, LayerDeclaration, LayerFile } from './image.ts';
import { librariesOf } from './libraries.ts';
import { npmParts } from './npm-packages.ts';
import { smallDebian } from './packaged-images.ts';
import { type RolesWorld, rolesImage } from './roles-image.ts';
import { stampOf } from './stamp.ts';
import { systemParts } from './system-parts.ts';
import { treeFiles } from './tree.ts';

export interface OpenclawWorld extends RolesWorld {
  /** The folder it was installed into: holds node_modules/ and package-lock.json. */
  readonly agentRoot: string;
  readonly agentVersion: string;
  /** Programs on this machine by the name the agent calls: docker, ssh. Absolute. */
  readonly programs: Readonly<Record<string, string>>;
}

export async function openclawImage(world: OpenclawWorld): Promise<ImageDeclaration> {
  const roles = await rolesImage(world);
  const tools = Object.keys(world.programs).length === 0 ? [] : [await toolsLayer(world)];
  return agentImageOf('openclaw', world, roles, tools);
}

/** The userland of the sandbox has its own C library, which Node then runs with, too. */
export async function openclawToolsImage(
  world: OpenclawWorld,
  debian: DebianWorld,
): Promise<ImageDeclaration> {
  const choice = {
    ...smallDebian,
    what: `${smallDebian.what}, and what Node.js needs of it`,
    packages: [...smallDebian.packages, 'libstdc++6'],
  };
  const roles = await rolesImage(world);
  return agentImageOf('openclaw-tools', world, roles, [await debianLayer(choice, debian)]);
}

async function agentImageOf(
  name: AgentImage,
  world: OpenclawWorld,
  roles: ImageDeclaration,
  between: readonly LayerDeclaration[],
): Promise<ImageDeclaration> {
  const title = {
    'org.opencontainers.image.title': `OpenClaw ${world.agentVersion}, with clincher`,
  };
  return {
    name,
    layers: [...roles.layers, ...between, await agentLayer(world)],
    run: { ...roles.run, labels: title },
  };
}

async function toolsLayer({ programs, run }: OpenclawWorld): Promise<LayerDeclaration> {
  const files: LayerFile[] = [];
  const sources: string[] = [];
  for (const [name, program] of Object.entries(programs)) {
    const from = await realpath(program);
    sources.push(from);
    files.push({ path: `/usr/bin/${name}`, kind: 'copy', mode: 0o755, from });
    files.push(...(await librariesOf([from], '/')));
  }
  for (const file of files) if (file.kind === 'copy') sources.push(file.from);
  const what = `${Object.keys(programs).join(' and ')}, with which the agent goes to its sandboxes`;
  return {
    what,
    key: await stampOf(what, sources),
    make: async () => ({ files, parts: await systemParts([...new Set(sources)], run) }),
  };
}

async function agentLayer({ agentRoot, agentVersion }: OpenclawWorld): Promise<LayerDeclaration> {
  return {
    what: `OpenClaw ${agentVersion}`,
    // npm writes this when it is done; nobody changes a finished installation.
    key: await stampOf(`OpenClaw ${agentVersion}`, [
      join(agentRoot, 'node_modules/.package-lock.json'),
    ]),
    make: async () => ({
      files: await treeFiles(agentRoot, inside.agent, (path) => !path.endsWith('.map')),
      parts: await npmParts(agentRoot),
    }),
  };
}
