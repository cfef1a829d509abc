// What the monitoring host is to have: the rendered bundle with the secrets of its own services,
// and none of any other host's.

import type { Cargo } from '../../deploy/cargo.ts';
import type { Facts } from '../../deploy/look.ts';
import { renderMonitoring } from '../../render/monitoring/index.ts';
import { type StackFlags, stateDirOf } from '../flags.ts';
import { monitorSecretsOf } from '../render-monitoring.ts';
import { declaredForHosts } from './declared.ts';
import { nodeArchive, programArchive } from './program-archive.ts';

/** @throws ClincherError `usage` where no monitoring host is declared, `secret-missing` */
export async function monitorCargo(flags: StackFlags, { dir, machine }: Facts): Promise<Cargo> {
  const declared = await declaredForHosts(flags);
  const files = renderMonitoring(declared.topology, `${dir}/current`);
  const secrets = await monitorSecretsOf(declared, stateDirOf(flags));
  return {
    host: 'monitor',
    program: await programArchive(),
    node: await nodeArchive(machine),
    release: [
      ...files.map(({ path, content }) => ({
        path,
        content: Buffer.from(content),
        isSecret: false,
      })),
      ...secrets.map(({ path, value }) => ({
        path,
        content: Buffer.from(value.reveal()),
        isSecret: true,
      })),
    ],
    state: [],
    images: [],
    openImages: async function* () {},
    needs: { driver: 'none', ports: [] },
  };
}
