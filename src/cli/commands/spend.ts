// `clincher spend`: what the models have cost, by whatever a call has, from the ledger.

import { Command, Option } from 'commander';
import { spendGroups } from '../../roles/llm/spend/spend-query.ts';
import { withExamples, withLedger } from '../flags.ts';
import type { SpendFlags } from '../spend/read-spend.ts';

export function spendCommand(): Command {
  const command = withLedger(new Command('spend'))
    .description('what the models have cost: today, by model, key, session, hour')
    .addOption(new Option('--by <what>', 'a sum for each').choices(spendGroups))
    .option('--calls', 'the calls one by one, the latest first')
    .option(
      '--since <when>',
      '90s, 10m, 2h, 7d ago, or a time like 2026-11-22 (default: today, UTC)',
    )
    .option('--until <when>', 'the same, for the end')
    .option('--key <name>', 'only of this virtual key')
    .option('--session <id>', 'only of this session')
    .option('--id <request>', 'only the request with this id')
    .option('--chart', 'bars beside the sums')
    .option('--json', 'as JSON, in whole nano-dollars')
    .option('--csv', 'as CSV, in dollars to the nano-dollar')
    .action(async (flags: SpendFlags) => {
      const { output } = await import('../output.ts');
      const { readSpend } = await import('../spend/read-spend.ts');
      const { spendCsv, spendLines } = await import('../spend/spend-text.ts');
      const spend = readSpend(flags, Date.now());
      if (flags.json === true) return output.json(spend);
      const chart = flags.chart === true || (output.isTerminal() && spend.by === 'hour');
      const lines = flags.csv === true ? spendCsv(spend) : spendLines(spend, chart);
      for (const line of lines) output.line(line);
    });
  return withExamples(command, [
    'clincher spend                          today, by model',
    'clincher spend --by hour --chart        when it was spent',
    'clincher spend --by session --since 7d',
    'clincher spend --by heartbeat           what the agent asks for by itself, by the clock',
    'clincher spend --calls --id 3f1c        where one cent went',
    'clincher spend --by day --since 2026-11-01 --csv > november.csv',
  ]);
}
