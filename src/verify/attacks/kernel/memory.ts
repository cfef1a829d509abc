// Memory that processes share without a file and without a network: a way from one jail to another
// that nobody would see. By System V's keys and by POSIX names; canaries of each kind wait on the
// host. ipc_namespaces(7) is what holds.

import type { Call } from '../../../kit/tiny-program.ts';

/** By what a canary is known; each run has its own. */
export interface MemoryName {
  readonly key: number;
  readonly name: string;
}

interface MemoryKind {
  readonly make: (by: MemoryName) => readonly Call[];
  readonly look: (by: MemoryName) => readonly Call[];
  readonly end: (by: MemoryName) => readonly Call[];
}

/** IPC_CREAT | IPC_EXCL, and everybody may. */
const created = 0o3666;
const IPC_RMID = 0;
/** O_RDWR; O_CREAT and O_EXCL with it. */
const readWrite = 2;
const createExclusively = 0o300;

export const memoryKinds = {
  memory: {
    make: ({ key }) => [{ name: 'shmget', args: [key, 4_096, created] }],
    look: ({ key }) => [{ name: 'shmget', args: [key, 0, 0] }],
    end: ({ key }) => [
      { name: 'shmget', args: [key, 0, 0] },
      { name: 'shmctl', args: ['fd', IPC_RMID, 0] },
    ],
  },
  queue: {
    make: ({ key }) => [{ name: 'msgget', args: [key, created] }],
    look: ({ key }) => [{ name: 'msgget', args: [key, 0] }],
    end: ({ key }) => [
      { name: 'msgget', args: [key, 0] },
      { name: 'msgctl', args: ['fd', IPC_RMID, 0] },
    ],
  },
  semaphore: {
    make: ({ key }) => [{ name: 'semget', args: [key, 1, created] }],
    look: ({ key }) => [{ name: 'semget', args: [key, 0, 0] }],
    end: ({ key }) => [
      { name: 'semget', args: [key, 0, 0] },
      { name: 'semctl', args: ['fd', 0, IPC_RMID, 0] },
    ],
  },
  'named queue': {
    make: ({ name }) => [opened(name, readWrite | createExclusively)],
    look: ({ name }) => [opened(name, readWrite)],
    end: ({ name }) => [{ name: 'mq_unlink', args: [Buffer.from(`${name}\0`)] }],
  },
} as const satisfies Record<string, MemoryKind>;

export type MemoryKindName = keyof typeof memoryKinds;

export const memoryAttacks = (Object.keys(memoryKinds) as MemoryKindName[]).map((memory) => ({
  ...{ tries: `find a ${memory} that somebody else has made`, calls: [], memory },
  errors: ['ENOENT', 'EPERM', 'EACCES'],
}));

/** Without the slash that mq_open(3) takes away. */
function opened(name: string, flags: number): Call {
  return { name: 'mq_open', args: [Buffer.from(`${name}\0`), flags, 0o666, 0] };
}
