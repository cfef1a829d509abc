// `npm run prove:money -- [N] [--seed S] [--kills SHARE]`: N random histories against the real
// process, ten thousand when it is not said, the seed printed. Ends with 1 where a promise about
// money was broken.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { proveMoney } from '../src/testing/money-proof/prove.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(randomInt(1_000_000_000)) },
    kills: { type: 'string', default: '0.1' },
  },
});
const histories = Number(positionals[0] ?? 10_000);
const seed = Number(values.seed);
const killShare = Number(values.kills);

// One process alone; then, for every tenth as many, two that share a Redis.
await prove(histories, false);
await prove(Math.ceil(histories / 10), true);

async function prove(count: number, shared: boolean): Promise<void> {
  const startedMs = performance.now();
  const who = shared ? 'two processes and a Redis' : 'one process';
  say(`seed ${seed}, ${count} histories of ${who}, ${killShare} of them killed`);
  const { tally, starts, spent, billed, exact } = await proveMoney({
    ...{ seed, histories: count, killShare, shared },
    said({ histories: done, calls, kills }) {
      if (done % 500 === 0) say(`${done} histories, ${calls} calls, ${kills} kills`);
    },
  });
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
  const { kills, rotations, cancels } = tally;
  const statuses = [...tally.statuses].sort().map((one) => one.join(': '));
  say(`${tally.histories} histories, ${tally.calls} calls in ${seconds} s: every promise held`);
  say(`${kills} kills, ${starts} starts, ${rotations} new values, ${cancels} cancels`);
  say(`answers by status: ${statuses.join(', ')}`);
  say(`in the ledger ${spent}, on the invoice ${billed} nano-dollars; ${exact} calls exactly`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
