// Reads the record of egress back: from the log of the stack's own proxy, or from the file or the
// pipe that a proxy run alone wrote its lines to.

import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { hostPaths } from '../../drivers/embedded/host-paths.ts';
import { readLogs } from '../../drivers/embedded/read-logs.ts';
import { ClincherError } from '../../kit/error.ts';
import { type EgressRecord, egressRecord } from '../../roles/egress/record.ts';

export interface RecordSource {
  readonly stateDir: string;
  /** A proxy run alone: a file, or `-` for standard input. Null for the stack's own. */
  readonly file: string | null;
  /** Goes on as more comes. */
  readonly follow: boolean;
}

/** A line that says `decision` and is none is told by its number: the record is evidence. */
export type RecordLine = { readonly record: EgressRecord } | { readonly unreadable: number };

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

async function linesOf({ stateDir, file, follow }: RecordSource): Promise<AsyncIterable<string>> {
  if (file === '-') return createInterface({ input: process.stdin, crlfDelay: Infinity });
  const path = file === null ? hostPaths(stateDir).log('egress') : resolve(file);
  const there = await stat(path).catch(() => null);
  if (there?.isFile() !== true) {
    throw new ClincherError('record-missing', `there is no record of egress at ${path}`, {
      fix:
        file === null
          ? 'It is written once a stack is up: clincher up. --file reads that of a proxy run alone.'
          : 'Name the file that the lines of the proxy go to, or - for standard input.',
    });
  }
  const place = { logs: dirname(path), log: () => path };
  return textsOf(readLogs(place, basename(path), { lines: null, follow }));
}

async function* textsOf(lines: AsyncIterable<{ readonly text: string }>): AsyncGenerator<string> {
  for await (const { text } of lines) yield text;
}

/** A host is 255 characters at most and a rule has its bounds: no record is near this long. */
const lineCharsMax = 64 * 1024;

function recordIn(text: string): EgressRecord | 'other' | 'broken' {
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
  if (kind('event') !== 'decision' || kind('role') !== 'egress') return 'other';
  const parsed = egressRecord.safeParse(value);
  return parsed.success ? parsed.data : 'broken';
}
