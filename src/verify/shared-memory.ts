// Canaries of memory that is shared without a file: made on the host for the run, each of them
// found from there, and taken away again.

import { randomBytes, randomInt } from 'node:crypto';
import { type Call, tinyProgram } from '../kit/tiny-program.ts';
import { type MemoryKindName, type MemoryName, memoryKinds } from './attacks/kernel/memory.ts';
import type { KernelAttack } from './attacks/model.ts';
import type { Probes } from './probe-program.ts';

export interface SharedMemory extends AsyncDisposable {
  /** What an attack asks; null where there is no canary for it: then nothing would be shown. */
  callsOf(attack: KernelAttack): readonly Call[] | null;
  /** Whether this kernel has such memory at all. */
  has(attack: KernelAttack): boolean;
}

const scratch = ['/tmp', '/dev/shm'];
const kinds = Object.keys(memoryKinds) as MemoryKindName[];
/** ENOSYS, of the kernel's errors. */
const noSuchCall = '38';

export async function openSharedMemory(host: Probes): Promise<SharedMemory> {
  const by: MemoryName = {
    key: randomInt(1, 0x7fff_ffff),
    name: `clincher-canary-${randomBytes(8).toString('hex')}`,
  };
  const run = async (step: 'make' | 'look' | 'end') => {
    const attempts = kinds.flatMap((name) => {
      const elf = tinyProgram(process.arch, memoryKinds[name][step](by));
      return elf === null ? [] : [{ name, elfBase64: elf.toString('base64') }];
    });
    return (await host.system('host', { attempts, scratch })).attempts;
  };
  const made = await run('make');
  const found = await run('look');
  return {
    callsOf: ({ calls, memory }) => {
      if (memory === undefined) return calls;
      return found[memory] === '0' ? memoryKinds[memory].look(by) : null;
    },
    has: ({ memory }) => memory === undefined || made[memory] !== noSuchCall,
    [Symbol.asyncDispose]: async () => void (await run('end')),
  };
}
