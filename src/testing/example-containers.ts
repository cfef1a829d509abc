// The images that tests plan containers from; nobody makes them.

import type { MachineContainers } from '../plan/machine.ts';
import type { OwnImage } from '../topology/own-images.ts';

export function exampleContainers(): MachineContainers {
  return {
    ...{ roles: reference('roles'), openclaw: reference('openclaw') },
    ...{ sandbox: reference('sandbox'), socketGroup: 998 },
  };
}

function reference(name: OwnImage) {
  return {
    reference: `clincher/${name}:0123456789ab`,
    imageId: `sha256:${'0123456789ab'.padEnd(64, '0')}`,
    manifestDigest: `sha256:${'cd'.repeat(32)}`,
  };
}
