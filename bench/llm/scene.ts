// What every benchmark of the model proxy needs: the provider, and those that are compared, started
// one after the other and ended with it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stop } from '../process.ts';
import { type Contender, type Setting, starters } from './contenders.ts';

/** `names` are those of the starters; `more` is what some of them need. */
export async function withContenders(
  folder: string,
  names: readonly string[],
  more: Partial<Setting>,
  work: (contenders: Contender[]) => Promise<void>,
): Promise<void> {
  const provider = spawn(process.execPath, [join(import.meta.dirname, 'provider.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(provider.stdout, 'data');
  const setting = { folder, providerPort: JSON.parse(String(line)).port, programs: {}, ...more };
  const contenders: Contender[] = [];
  try {
    for (const name of names) {
      const contender = await starters[name]?.(setting);
      if (contender === undefined) throw new Error(`there is no contender ${name}`);
      contenders.push(contender);
    }
    await work(contenders);
  } finally {
    for (const { process: running } of contenders) if (running !== null) await stop(running);
    provider.kill();
  }
}
