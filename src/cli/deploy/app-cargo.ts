// What the application host is to have: the program, a release, and what clincher made for the
// services that run there.

import type { Cargo, CargoFile, CargoImage } from '../../deploy/cargo.ts';
import type { Facts } from '../../deploy/look.ts';
import { archiveBytes } from '../../images/archive.ts';
import { ClincherError } from '../../kit/error.ts';
import { localCa } from '../../topology/monitor-secrets.ts';
import type { OwnImage } from '../../topology/own-images.ts';
import { cloudflareFiles } from '../cloudflare/files.ts';
import { type StackFlags, stateDirOf } from '../flags.ts';
import { ensureImage, imageStore, usualImages } from '../image/own.ts';
import { madeElsewhere } from '../secrets/generate.ts';
import type { SecretStore } from '../secrets/store.ts';
import { generatedStore } from '../secrets/stores.ts';
import type { DeclaredStack } from '../stack.ts';
import { declaredForHosts } from './declared.ts';
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
  const { agent, ingress } = declared.options;
  const names = [...usualImages, ...(ingress.program === undefined ? [] : [ingress.program.name])];
  const images = driver === 'docker' ? await stackImages(names, agent.version) : [];
  return {
    host: 'app',
    program: await programArchive(),
    node: await nodeArchive(machine),
    release: await releaseFiles(flags, declared, warn),
    state: await stateFiles(declared, stateDirOf(flags)),
    images,
    openImages: (references) => {
      const asked = names.filter((_, at) => references.includes(images[at]?.reference ?? ''));
      return archiveBytes(imageStore(), asked);
    },
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

async function stackImages(
  names: readonly OwnImage[],
  agentVersion: string,
): Promise<readonly CargoImage[]> {
  const images: CargoImage[] = [];
  for (const name of names) {
    const { reference, imageId, manifestDigest, bytes } = await ensureImage(name, { agentVersion });
    images.push({ reference, ids: [imageId, manifestDigest], bytes });
  }
  return images;
}
