// `clincher egress log`: one line a request: who asked for what, the decision and its reason.

import { Command, InvalidArgumentError } from 'commander';
import { filterOf, type RecordFlags, sourceOf, withRecord } from '../egress/record-flags.ts';
import { withExamples } from '../flags.ts';

interface Flags extends RecordFlags {
  readonly follow?: boolean;
  readonly lines: number;
  readonly json?: boolean;
}

export function egressLogCommand(): Command {
  const command = withRecord(new Command('log'))
    .description('one line a request: who asked for what, and what was decided')
    .option('-f, --follow', 'go on as more comes')
    .option('-n, --lines <count>', 'how many of the last ones', count, 100)
    .option('--json', 'the records as they were written, one a line')
    .action(async (flags: Flags) => {
      const { output } = await import('../output.ts');
      const { showRecords } = await import('../egress/log.ts');
      const { recordLines } = await import('../egress/record-text.ts');
      const source = sourceOf(flags, flags.follow === true);
      await showRecords(source, filterOf(flags, Date.now()), flags.lines, {
        record: (record) => {
          if (flags.json === true) output.event(record);
          else for (const line of recordLines(record)) output.line(line);
        },
        note: output.note,
      });
    });
  return withExamples(command, [
    'clincher egress log --verdict deny --since 1h',
    'clincher egress log --caller llm -f',
    'clincher egress log --json | jq -r .host | sort | uniq -c',
    'clincher egress log --file egress.jsonl        of a proxy run alone',
    'journalctl -u egress -o cat | clincher egress log --file -',
  ]);
}

function count(text: string): number {
  if (/^[0-9]{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be a whole number.');
}
