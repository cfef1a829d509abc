// Reads the record of the sandboxes back: from the logs of the stack's own service, or from the
// file or the pipe that a proxy run alone wrote its lines to.

import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { hostPaths } from '../../drivers/embedded/host-paths.ts';
import { readLogs } from '../../drivers/embedded/read-logs.ts';
import { ClincherError } from '../../kit/error.ts';
import { type SandboxRecord, sandboxRecord, sandboxRoles } from './sandbox-record.ts';

export interface RecordSource {
  readonly stateDir: string;
  /** A proxy run alone: a file, or `-` for standard input. Null for the stack's own. */
  readonly file: string | null;
  /** Goes on as more comes, after the last `lines` of the log. */
  readonly follow: boolean;
  readonly lines: number;
}

/** A line that says `decision` and is none is told by its number: the record is evidence. */
export type RecordLine = { readonly record: SandboxRecord } | { readonly unreadable: number };

/**
 * Oldest first; lines of other kinds are passed over.
 * @throws ClincherError `record-missing`
 */
export async function* readRecord(source: RecordSource): AsyncGenerator<RecordLine> {
  let number = 0;
  for await (const text of await linesOf(source)) {
    number += 1;
    const record = recordIn(text);
    if (record !== 'other') yield record === 'broken' ? { unreadable: number } : { record };
  }
}

async function linesOf(source: RecordSource): Promise<AsyncIterable<string>> {
  const { stateDir, file, follow, lines } = source;
  if (file === '-') return createInterface({ input: process.stdin, crlfDelay: Infinity });
  const paths = file === null ? sandboxRoles.map(hostPaths(stateDir).log) : [resolve(file)];
  for (const path of paths) {
    const there = await stat(path).catch(() => null);
    if (there?.isFile() !== true) continue;
    const place = { logs: dirname(path), log: () => path };
    const last = follow ? lines : null;
    return textsOf(readLogs(place, basename(path), { lines: last, follow }));
  }
  throw new ClincherError('record-missing', `there is no record of sandboxes at ${paths[0]}`, {
    fix:
      file === null
        ? 'It is written once a stack with sandboxes is up. --file reads that of a proxy run alone.'
        : 'Name the file that the lines of the proxy go to, or - for standard input.',
  });
}

async function* textsOf(lines: AsyncIterable<{ readonly text: string }>): AsyncGenerator<string> {
  for await (const { text } of lines) yield text;
}

/** What a record holds is bounded: none is near this long. */
const lineCharsMax = 64 * 1024;

function recordIn(text: string): SandboxRecord | 'other' | 'broken' {
  if (!text.includes('"decision"')) return 'other';
  if (text.length > lineCharsMax) return 'broken';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'broken';
  }
  const kind = (name: string) =>
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  const isOurs = sandboxRoles.some((role) => role === kind('role'));
  if (kind('event') !== 'decision' || !isOurs) return 'other';
  const parsed = sandboxRecord.safeParse(value);
  return parsed.success ? parsed.data : 'broken';
}
