// Whether the model proxy's memory stays where it is: `REQUESTS=1000000 npm run stress:llm`. Small
// and large requests, buffered and streamed, 32 at a time; memory is said after each tenth. Ends
// with 1 where the last half of them made it grow by more than a tenth.

import { inNamespace } from '../namespace.ts';
import { residentBytesOf } from '../usage.ts';
import type { Contender } from './contenders.ts';
import { ask, kindOf } from './load.ts';
import { withContenders } from './scene.ts';

const requests = Number(process.env.REQUESTS ?? 200_000);
/** Of a hundred requests, how many are of each kind. */
const mix = [
  [kindOf('small', 100, false), 80],
  [kindOf('small, streamed', 100, true), 15],
  [kindOf('60 KB', 60_000, false), 4],
  [kindOf('500 KB, streamed', 500_000, true), 1],
] as const;
const tenths = 10;
const grownMax = 1.1;

await inNamespace((folder) => withContenders(folder, ['clincher'], {}, stress));

async function stress([ours]: Contender[]): Promise<void> {
  if (ours?.process == null) throw new Error('there is nobody to ask');
  const resident: number[] = [];
  for (let tenth = 0; tenth < tenths; tenth += 1) {
    for (const [kind, share] of mix) {
      await ask(ours.target, kind, Math.ceil((requests / tenths) * (share / 100)), 32);
    }
    resident.push(residentBytesOf(ours.process.pid));
    const done = (requests / tenths) * (tenth + 1);
    process.stdout.write(`${done} requests: ${((resident.at(-1) ?? 0) / 1e6).toFixed(0)} MB\n`);
  }
  const [first, second] = [resident.slice(0, tenths / 2), resident.slice(tenths / 2)];
  const grown = Math.max(...second) / Math.max(...first);
  process.stdout.write(`most in the second half to most in the first: ${grown.toFixed(2)}\n`);
  if (grown > grownMax) process.exitCode = 1;
}
