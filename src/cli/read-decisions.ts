// Reads the records of decisions back: from the log of a service of the stack, or from the file or
// the pipe that a role run alone wrote its lines to.

import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type * as z from 'zod';
import type { LogLine } from '../drivers/driver.ts';
import { hostPaths } from '../host/host-paths.ts';
import { readLogs } from '../host/read-logs.ts';
import { ClincherError } from '../kit/error.ts';
import { readRecord } from './record.ts';
import { openDriver } from './running.ts';

export interface RecordSource {
  readonly stateDir: string;
  /** A role run alone: a file, or `-` for standard input. Null for the stack's own. */
  readonly file: string | null;
  /** Goes on as more comes. */
  readonly follow: boolean;
}

/** Whose records are read, and what is said where there are none. */
export interface RecordKind<Item> {
  /** Of these roles; a stack has one of them. */
  readonly roles: readonly string[];
  readonly schema: z.ZodType<Item>;
  /** `egress`: completes "there is no record of". */
  readonly what: string;
  /** When it is written, for who has no stack up. */
  readonly written: string;
}

/** A line that says `decision` and is none is told by its number: the record is evidence. */
export type RecordLine<Item> = { readonly record: Item } | { readonly unreadable: number };

/**
 * Oldest first; lines of other kinds are passed over. `last`: of what is there already only so many
 * lines; null for all.
 * @throws ClincherError `record-missing`
 */
export async function* readDecisions<Item>(
  kind: RecordKind<Item>,
  source: RecordSource,
  last: number | null = null,
): AsyncGenerator<RecordLine<Item>> {
  let number = 0;
  for await (const text of await linesOf(kind, source, last)) {
    number += 1;
    const record = recordIn(kind, text);
    if (record !== 'other') yield record === 'broken' ? { unreadable: number } : { record };
  }
}

async function linesOf<Item>(
  { roles, what, written }: RecordKind<Item>,
  { stateDir, file, follow }: RecordSource,
  last: number | null,
): Promise<AsyncIterable<string>> {
  if (file === '-') return createInterface({ input: process.stdin, crlfDelay: Infinity });
  const containers = file === null ? await logOfContainer(roles, stateDir, last, follow) : null;
  if (containers !== null) return textsOf(containers);
  const paths = file === null ? roles.map(hostPaths(stateDir).log) : [resolve(file)];
  for (const path of paths) {
    const there = await stat(path).catch(() => null);
    if (there?.isFile() !== true) continue;
    const place = { logs: dirname(path), log: () => path };
    return textsOf(readLogs(place, basename(path), { lines: last, follow }));
  }
  throw new ClincherError('record-missing', `there is no record of ${what} at ${paths[0]}`, {
    fix:
      file === null
        ? `${written} --file reads that of a proxy run alone.`
        : 'Name the file that the lines of the proxy go to, or - for standard input.',
  });
}

/** Docker keeps the log of a container that is there; null where the stack has none of these. */
async function logOfContainer(
  roles: readonly string[],
  stateDir: string,
  last: number | null,
  follow: boolean,
): Promise<AsyncIterable<LogLine> | null> {
  if ((await readRecord(stateDir))?.topology.driver !== 'docker') return null;
  const driver = await openDriver(stateDir);
  const { services } = await driver.observe();
  const service = roles.find((role) => services.some(({ name }) => name === role));
  return service === undefined ? null : driver.logs(service, { lines: last, follow });
}

async function* textsOf(lines: AsyncIterable<{ readonly text: string }>): AsyncGenerator<string> {
  for await (const { text } of lines) yield text;
}

/** What a record holds is bounded: none is near this long. */
const lineCharsMax = 64 * 1024;

function recordIn<Item>({ roles, schema }: RecordKind<Item>, text: string) {
  if (!text.includes('"decision"')) return 'other';
  if (text.length > lineCharsMax) return 'broken';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'broken';
  }
  const field = (name: string) =>
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  const role: unknown = field('role');
  if (field('event') !== 'decision' || !roles.some((one) => one === role)) return 'other';
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : 'broken';
}
