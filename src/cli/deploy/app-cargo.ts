// What the application host is to have: the program, a release, and what clincher made for the
// services that run there.

import type { Cargo, CargoFile } from '../../deploy/cargo.ts';
import type { Facts } from '../../deploy/look.ts';
import type { BuiltImage } from '../../images/image.ts';
import { ClincherError } from '../../kit/error.ts';
import { localCa } from '../../topology/monitor-secrets.ts';
import type { StackOptions } from '../../topology/options.ts';
import { cloudflareFiles } from '../cloudflare/files.ts';
import { type StackFlags, stateDirOf } from '../flags.ts';
import { ensureImage } from '../image/own.ts';
import { asCargo, imagesList } from '../image/sent.ts';
import { madeElsewhere } from '../secrets/generate.ts';
import type { SecretStore } from '../secrets/store.ts';
import { generatedStore } from '../secrets/stores.ts';
import type { DeclaredStack } from '../stack.ts';
import { neededImages } from '../up/install-images.ts';
import { declaredForHosts } from './declared.ts';
import { openImages } from './open-images.ts';
import { nodeArchive, programArchive } from './program-archive.ts';
import { releaseFiles } from './release-files.ts';

/** @throws ClincherError `secret-missing`, `usage` for a driver of several hosts, `config-*` */
export async function appCargo(
  flags: StackFlags,
  { machine }: Facts,
  warn: (text: string) => void,
): Promise<Cargo> {
  const declared = await declaredForHosts(flags);
  const { driver, services } = declared.topology;
  if (driver === 'swarm') {
    throw new ClincherError('usage', 'a swarm is not deployed host by host', {
      fix: 'Deploy with driver embedded or docker.',
    });
  }
  const here = services.filter(({ host }) => host === 'app');
  const images = driver === 'docker' ? await stackImages(declared.options) : [];
  return {
    host: 'app',
    program: await programArchive(),
    node: await nodeArchive(machine),
    release: [
      ...(await releaseFiles(flags, declared, warn)),
      ...(driver === 'docker' ? [imagesList(images)] : []),
    ],
    state: await stateFiles(declared, stateDirOf(flags)),
    images: images.map(asCargo),
    openImages: (references) => openImages(images, references),
    needs: {
      driver,
      ports: here.flatMap(({ rights }) => rights.worldListeners.map(({ port }) => port)),
    },
  };
}

async function stateFiles(declared: DeclaredStack, stateDir: string): Promise<CargoFile[]> {
  const services = declared.topology.services.filter(({ host }) => host === 'app');
  const held = new Set([...services.flatMap(({ holds }) => holds), localCa]);
  const folder = 'secrets/generated';
  return [
    { path: `${folder}/${madeElsewhere}`, content: Buffer.from('yes\n'), isSecret: false },
    ...(await filesOf(generatedStore(stateDir), folder, (name) => held.has(name))),
    ...(await filesOf(cloudflareFiles(stateDir), 'cloudflare', (name) => name === 'ranges.json')),
  ];
}

async function filesOf(
  store: SecretStore,
  folder: string,
  isWanted: (name: string) => boolean,
): Promise<CargoFile[]> {
  const files: CargoFile[] = [];
  for (const name of (await store.list()).filter(isWanted)) {
    const text = (await store.read(name))?.reveal() ?? '';
    files.push({ path: `${folder}/${name}`, content: Buffer.from(text), isSecret: true });
  }
  return files;
}

async function stackImages(options: StackOptions): Promise<readonly BuiltImage[]> {
  const agentVersion = options.agent.version;
  const images: BuiltImage[] = [];
  for (const name of neededImages(options)) images.push(await ensureImage(name, { agentVersion }));
  return images;
}
