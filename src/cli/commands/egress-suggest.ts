// `clincher egress suggest`: the smallest change of clincher.yaml that would let through what was
// refused or reported, as a diff, and what else it opens.

import { Command } from 'commander';
import { filterOf, type RecordFlags, sourceOf, withRecord } from '../egress/record-flags.ts';
import { withExamples } from '../flags.ts';

interface Flags extends RecordFlags {
  readonly json?: boolean;
}

export function egressSuggestCommand(): Command {
  const command = withRecord(new Command('suggest'))
    .description('from the record: the smallest rule that would let it through, as a diff')
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const { output } = await import('../output.ts');
      const { suggestionNotes } = await import('../egress/suggest-text.ts');
      const { suggestFromRecord } = await import('../egress/suggest-from-record.ts');
      const filter = filterOf(flags, Date.now());
      const change = await suggestFromRecord(flags, sourceOf(flags), filter, output.note);
      if (flags.json === true) return output.json(change);
      // The diff alone goes to stdout, so that it can be handed on as it is.
      for (const line of suggestionNotes(change)) output.note(line);
      if (change.diff !== '') output.line(change.diff.trimEnd());
    });
  return withExamples(command, [
    'clincher egress suggest                            look at it',
    'clincher egress suggest --host example.com | patch -p0',
    'clincher egress suggest --caller gateway --since 1h --json',
  ]);
}
