// `clincher sandbox log`: one line a call or command: who asked for what, the decision and why.

import { Command, InvalidArgumentError, Option } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

interface Flags extends StackFlags {
  readonly file?: string;
  readonly caller?: string;
  readonly container?: string;
  readonly operation?: string;
  readonly verdict?: 'allow' | 'deny' | 'report';
  readonly reason?: string;
  readonly id?: string;
  readonly since?: string;
  readonly follow?: boolean;
  readonly lines: number;
  readonly json?: boolean;
}

export function sandboxLogCommand(): Command {
  const command = withState(new Command('log'))
    .description('one line a call or command: who asked for what, and what was decided')
    .option('--file <file>', 'the lines of a proxy run alone; - for standard input')
    .option('--caller <name>', 'only of this caller')
    .option('--container <id>', 'only on this container: id, its beginning, or name as asked')
    .option('--operation <name>', 'only this call of the Docker API: ContainerCreate, ExecStart')
    .addOption(new Option('--verdict <verdict>', 'only these').choices(['allow', 'deny', 'report']))
    .option('--reason <code>', 'only with this reason: docs/reference/reasons.md')
    .option('--id <request>', 'only the request with this id')
    .option('--since <when>', '90s, 10m, 2h, 7d ago, or a time like 2026-11-22T14:00:00Z')
    .option('-f, --follow', 'go on as more comes')
    .option('-n, --lines <count>', 'how many of the last ones', count, 100)
    .option('--json', 'the records as they were written, one a line')
    .action(async (flags: Flags) => {
      const { output } = await import('../output.ts');
      const { checkReason, readSince } = await import('../egress/filter.ts');
      const { showRecords } = await import('../sandbox/log.ts');
      const { recordLines } = await import('../sandbox/record-text.ts');
      const { caller, container, operation, verdict, id, since, lines } = flags;
      const reason = flags.reason === undefined ? undefined : checkReason(flags.reason);
      const sinceMs = since === undefined ? undefined : readSince(since, Date.now());
      const follow = flags.follow === true;
      const source = { stateDir: stateDirOf(flags), file: flags.file ?? null, follow, lines };
      const filter = { caller, container, operation, verdict, reason, id, sinceMs };
      await showRecords(source, filter, {
        record: (record) => {
          if (flags.json === true) output.event(record);
          else for (const line of recordLines(record)) output.line(line);
        },
        note: output.note,
      });
    });
  return withExamples(command, [
    'clincher sandbox log --verdict deny --since 1h',
    'clincher sandbox log --operation ContainerCreate     what was made, and what was changed in it',
    'clincher sandbox log --container 9f2c1ab34d5e -f',
    'clincher sandbox log --file docker-proxy.jsonl       of a proxy run alone',
  ]);
}

function count(text: string): number {
  if (/^[0-9]{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be a whole number.');
}
