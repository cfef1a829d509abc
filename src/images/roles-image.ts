// The image of all our roles: Node, the libraries it needs, our program. No shell, no package
// manager, nothing that a role does not run.

import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inside } from '../plan/paths.ts';
import { withoutSymbols } from './elf.ts';
import { emitProgram, type ProgramPlace } from './emit-program.ts';
import type { ImageDeclaration, LayerContent, LayerDeclaration, LayerFile, Part } from './image.ts';
import { librariesOf, mergedFolders } from './libraries.ts';
import { npmPackages } from './npm-packages.ts';
import { stampOf } from './stamp.ts';
import { imageUser, serviceFolders, systemFiles } from './system-files.ts';
import { systemParts } from './system-parts.ts';

export interface RolesWorld extends ProgramPlace {
  /** Without a `v`. */
  readonly nodeVersion: string;
}

const imageEnvironment = { PATH: '/opt/node/bin:/usr/bin', NODE_ENV: 'production' } as const;
/** All that the program is made from; a test folder more does no harm to a key. */
const programSources = [
  'src',
  'node_modules/.package-lock.json',
  'package-lock.json',
  'tsconfig.json',
];

export async function rolesImage(world: RolesWorld): Promise<ImageDeclaration> {
  return {
    name: 'roles',
    layers: await rolesLayers(world),
    run: {
      entrypoint: [inside.node, `${inside.program}/src/cli/serve.js`],
      user: `${imageUser}:${imageUser}`,
      env: imageEnvironment,
      workingDir: '/',
      labels: { 'org.opencontainers.image.title': 'clincher roles' },
    },
  };
}

/** The agent's image begins with them too. */
export async function rolesLayers(world: RolesWorld): Promise<readonly LayerDeclaration[]> {
  const libraries = await librariesOf([world.node], '/');
  const sources = libraries.flatMap((file) => (file.kind === 'copy' ? [file.from] : []));
  const program = programSources.map((name) => join(world.program, name));
  return [
    {
      what: `Node.js ${world.nodeVersion} and the libraries it needs`,
      key: await stampOf(`node ${world.nodeVersion}`, [world.node, ...sources]),
      make: async () => ({
        files: [
          ...[...mergedFolders, ...libraries, ...systemFiles, ...serviceFolders],
          await nodeFile(world.node),
        ],
        parts: [await nodePart(world), ...(await systemParts(sources, world.run))],
      }),
    },
    {
      what: 'clincher and the packages it imports',
      key: await stampOf('clincher', program),
      make: () => programLayer(world),
    },
  ];
}

async function nodeFile(node: string): Promise<LayerFile> {
  const content = withoutSymbols(await readFile(node));
  return { path: inside.node, kind: 'file', mode: 0o755, content };
}

async function nodePart({ node, nodeVersion: version }: RolesWorld): Promise<Part> {
  const content = hash('sha256', await readFile(node));
  const purl = `pkg:generic/node@${version}`;
  return {
    type: 'application',
    name: 'node',
    version,
    purl,
    license: 'MIT',
    hash: { alg: 'SHA-256', content },
  };
}

async function programLayer(world: RolesWorld): Promise<LayerContent> {
  const emitted = await emitProgram(world, inside.program);
  const { files, parts } = await npmPackages(world.program, inside.program);
  return { ...emitted, files: [...emitted.files, ...files], parts };
}
