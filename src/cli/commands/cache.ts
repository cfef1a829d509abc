// `clincher cache`: what the cache of answers does, and emptying it.

import { Command } from 'commander';
import type { CacheFlags } from '../cache/read-cache.ts';
import { withExamples, withLedger } from '../flags.ts';

export function cacheCommand(): Command {
  const command = new Command('cache').description('kept answers: how often, how right, how much');
  command.addCommand(statsCommand());
  command.addCommand(clearCommand());
  return withExamples(command, [
    'clincher cache stats',
    'clincher cache stats --json | jq .wrongOfAll',
    'clincher cache clear                  everything of everybody, and what was learned',
  ]);
}

function statsCommand(): Command {
  return withLedger(new Command('stats'))
    .description('hits, misses and why, answers that were wrong, what was saved')
    .option('--json', 'as JSON')
    .action(async (flags: CacheFlags) => {
      const { output } = await import('../output.ts');
      const { readCacheReport } = await import('../cache/read-cache.ts');
      const { cacheLines } = await import('../cache/cache-text.ts');
      const report = readCacheReport(flags);
      if (flags.json === true) return output.json(report);
      for (const line of cacheLines(report)) output.line(line);
    });
}

function clearCommand(): Command {
  return withLedger(new Command('clear'))
    .description('forgets every answer, and what was learned of when two questions are the same')
    .action(async (flags: CacheFlags) => {
      const { output } = await import('../output.ts');
      const { clearCache } = await import('../cache/read-cache.ts');
      const isDone = await clearCache(flags, Date.now());
      output.note(isDone ? 'cleared' : 'llm does not run: it is cleared when it starts');
    });
}
