// The options that every command over the record has in common: where it is, and which part of it.

import { type Command, Option } from 'commander';
import { type StackFlags, stateDirOf, withState } from '../flags.ts';
import type { RecordSource } from '../read-decisions.ts';
import { checkReason, type RecordFilter, readSince } from './filter.ts';

export interface RecordFlags extends StackFlags {
  readonly file?: string;
  readonly caller?: string;
  readonly host?: string;
  readonly verdict?: 'allow' | 'deny' | 'report';
  readonly reason?: string;
  readonly id?: string;
  readonly since?: string;
}

export function withRecord(command: Command): Command {
  return withState(command)
    .option('--file <file>', 'the lines of a proxy run alone; - for standard input')
    .option('--caller <name>', 'only of this caller')
    .option('--host <host>', 'only to this host; *.x for one label more, **.x for all below')
    .addOption(new Option('--verdict <verdict>', 'only these').choices(['allow', 'deny', 'report']))
    .option('--reason <code>', 'only with this reason: docs/reference/reasons.md')
    .option('--id <request>', 'only the request with this id')
    .option('--since <when>', '90s, 10m, 2h, 7d ago, or a time like 2026-11-22T14:00:00Z');
}

export function sourceOf(flags: RecordFlags, follow = false): RecordSource {
  return { stateDir: stateDirOf(flags), file: flags.file ?? null, follow };
}

/** @throws ClincherError `usage` */
export function filterOf(flags: RecordFlags, nowMs: number): RecordFilter {
  const { caller, host, verdict, reason, id, since } = flags;
  return {
    ...{ caller, host, verdict, id },
    reason: reason === undefined ? undefined : checkReason(reason),
    sinceMs: since === undefined ? undefined : readSince(since, nowMs),
  };
}
