// What the monitoring host is to have: the rendered bundle with the secrets of its own services,
// and none of any other host's, and the images that its programs run in.

import type { Cargo, CargoFile } from '../../deploy/cargo.ts';
import type { Facts } from '../../deploy/look.ts';
import { renderMonitoring, requireMonitoring } from '../../render/monitoring/index.ts';
import { portsOf } from '../../render/monitoring/prometheus.ts';
import { type StackFlags, stateDirOf } from '../flags.ts';
import { asCargo, imagesList } from '../image/sent.ts';
import { programImages } from '../monitor-host/program-images.ts';
import { monitorSecretsOf } from '../render-monitoring.ts';
import { declaredForHosts } from './declared.ts';
import { monitorData } from './monitor-side.ts';
import { openImages } from './open-images.ts';
import { nodeArchive, programArchive } from './program-archive.ts';

/** @throws ClincherError `usage` where no monitoring host is declared, `secret-missing` */
export async function monitorCargo(
  flags: StackFlags,
  { dir, machine, uid, gid, engine, images }: Facts,
  warn: (text: string) => void,
): Promise<Cargo> {
  const declared = await declaredForHosts(flags);
  const has = async (reference: string) => images.has(reference);
  const programs = await programImages(requireMonitoring(declared.topology), has, () => undefined);
  // Without a Docker there is another thing to say of that host.
  if (engine !== null) programs.missing.forEach(warn);
  const run = { images: programs.run, user: `${uid}:${gid}`, data: monitorData(dir) };
  const files = renderMonitoring(declared.topology, `${dir}/current`, run);
  const secrets = await monitorSecretsOf(declared, stateDirOf(flags));
  const carried = (path: string, text: string, isSecret: boolean): CargoFile => ({
    path,
    content: Buffer.from(text),
    isSecret,
  });
  return {
    host: 'monitor',
    program: await programArchive(),
    node: await nodeArchive(machine),
    release: [
      ...files.map(({ path, content }) => carried(path, content, false)),
      ...secrets.map(({ path, value }) => carried(path, value.reveal(), true)),
      imagesList(programs.made),
    ],
    state: [],
    images: programs.made.map(asCargo),
    openImages: (references) => openImages(programs.made, references),
    needs: {
      driver: 'docker',
      ports: portsOf(programs.run).map(([, port]) => port),
    },
  };
}
