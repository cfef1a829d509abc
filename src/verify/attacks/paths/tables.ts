// What is tried of the file system in every service.

import type { PathTable } from '../model.ts';
import { createAttacks, readAttacks, socketAttacks, writeAttacks } from './paths.ts';

const kind = 'path';

export const pathTables: readonly PathTable[] = [
  {
    ...{ kind, class: 'files-read', attacks: readAttacks },
    property: "Of the machine's files and devices a service sees none.",
  },
  {
    ...{ kind, class: 'files-changed', attacks: [...writeAttacks, ...createAttacks] },
    property: 'A service changes nothing but what it keeps.',
  },
  {
    ...{ kind, class: 'files-sockets', attacks: socketAttacks },
    property: "Nobody but who is given it meets one of the machine's own services.",
  },
];
