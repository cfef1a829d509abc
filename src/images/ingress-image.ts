// The image of an ingress whose work another program does: the layers of our roles, which start it,
// and the program from the distribution's packages.

import { join } from 'node:path';
import { type IngressImage, ingressProgramPaths } from '../topology/own-images.ts';
import { type DebianWorld, debianLayer, type PackageChoice } from './debian-layer.ts';
import type { ImageDeclaration, LayerFile } from './image.ts';
import { librariesFor, librariesOf } from './libraries.ts';
import { type RolesWorld, rolesImage } from './roles-image.ts';

export async function ingressImage(
  name: IngressImage,
  world: RolesWorld,
  debian: DebianWorld,
): Promise<ImageDeclaration> {
  const roles = await rolesImage(world);
  return {
    name,
    layers: [...roles.layers, await debianLayer(choiceOf(name, world), debian)],
    run: {
      ...roles.run,
      labels: { 'org.opencontainers.image.title': `clincher ingress with ${name}` },
    },
  };
}

function choiceOf(name: IngressImage, { node, nodeVersion }: RolesWorld): PackageChoice {
  const path = ingressProgramPaths[name];
  return {
    what: `${name} and the libraries that it has in common with Node.js ${nodeVersion}`,
    packages: [name, 'libstdc++6'],
    files: async (root) => {
      const program: LayerFile = { path, kind: 'copy', mode: 0o755, from: join(root, path) };
      const libraries = [...(await librariesOf([path], root)), ...(await librariesFor(node, root))];
      const byPath = new Map(libraries.map((file) => [file.path, file]));
      return [...byPath.values(), program];
    },
  };
}
