// `clincher egress top`: the record added up: tunnels, bytes and denials by host or by caller.

import { Command, Option } from 'commander';
import { filterOf, type RecordFlags, sourceOf, withRecord } from '../egress/record-flags.ts';
import { withExamples } from '../flags.ts';

interface Flags extends RecordFlags {
  readonly by: 'host' | 'caller';
  readonly json?: boolean;
}

export function egressTopCommand(): Command {
  const command = withRecord(new Command('top'))
    .description('tunnels, bytes and denials, by host or by caller')
    .addOption(new Option('--by <what>').choices(['host', 'caller']).default('host'))
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const { output } = await import('../output.ts');
      const { collectRecords } = await import('../egress/collect.ts');
      const { topLines, topRows } = await import('../egress/top.ts');
      const filter = filterOf(flags, Date.now());
      const rows = topRows(await collectRecords(sourceOf(flags), filter, output.note), flags.by);
      if (flags.json === true) output.json({ by: flags.by, rows });
      else for (const line of topLines(rows, flags.by)) output.line(line);
    });
  return withExamples(command, [
    'clincher egress top',
    'clincher egress top --by caller --since 1d',
    'clincher egress top --verdict deny',
  ]);
}
