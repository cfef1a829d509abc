// What was brought up last from a state directory: lets verify, restart and plan speak of the same
// stack without being told again, and shows when a secret's value has changed since.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { driverNames, type Topology } from '../topology/model.ts';

const recordSchema = z.object({
  version: z.literal(1),
  config: z.string(),
  demo: z.boolean(),
  /** What `--driver` said. */
  instead: z.enum(driverNames).optional(),
  /** Per service: a salted digest of the values it was started with. */
  secrets: z.record(z.string(), z.string()),
  salt: z.string(),
  /** What was declared; ours, and read only to say what a change means. Holds no secret. */
  topology: z.custom<Topology>((value) => typeof value === 'object' && value !== null),
});

export type UpRecord = z.infer<typeof recordSchema>;

const fileName = 'brought-up.json';

/** Null before the first `up`, and for a record that cannot be read: then nothing is known. */
export async function readRecord(stateDir: string): Promise<UpRecord | null> {
  const text = await readFile(join(stateDir, fileName), 'utf8').catch(() => 'null');
  try {
    return recordSchema.nullable().parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function writeRecord(stateDir: string, record: UpRecord): Promise<void> {
  const file = join(stateDir, fileName);
  await writeFile(`${file}~`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}~`, file);
}
