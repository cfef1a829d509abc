// What is asked of the kernel in every service.

import type { KernelTable } from '../model.ts';
import { kernelAttacks, machineAttacks, namespaceAttacks, userAttacks } from './calls.ts';
import { memoryAttacks } from './memory.ts';
import { familyAttacks, hearAttacks, rawSocketAttacks } from './sockets.ts';

const kind = 'kernel';

export const kernelTables: readonly KernelTable[] = [
  {
    ...{ kind, class: 'kernel-families', ofJails: true, attacks: familyAttacks },
    property: 'There are sockets of the network that a service was given, and no other.',
  },
  {
    ...{ kind, class: 'kernel-raw-sockets', attacks: rawSocketAttacks },
    property: 'Nobody writes packets by hand, or hears those of another.',
  },
  {
    ...{ kind, class: 'kernel-memory', attacks: memoryAttacks },
    property: 'No memory is shared with anybody.',
  },
  {
    ...{ kind, class: 'kernel-news', attacks: hearAttacks },
    property: 'What the kernel tells of the machine a service does not hear.',
  },
  {
    ...{ kind, class: 'kernel-namespaces', attacks: namespaceAttacks },
    property: 'A service cannot make itself another view of the machine.',
  },
  {
    ...{ kind, class: 'kernel-faces', ofJails: true, attacks: kernelAttacks },
    property: 'The wide faces of the kernel are shut.',
  },
  {
    ...{ kind, class: 'kernel-machine', attacks: [...machineAttacks, ...userAttacks] },
    property: 'The machine is not a service to change.',
  },
];
