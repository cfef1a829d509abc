// The last reports of a stack, signed as they are, below its state directory: what `--against last`
// compares with. Bounded: the oldest goes.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readReport, type SignedReport } from '../../verify/report-schema.ts';

const keptMax = 24;

/** Also while another run keeps its own. */
export async function keepReport(stateDir: string, report: SignedReport): Promise<void> {
  const folder = folderOf(stateDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = `${report.startedAt.replaceAll(/[:.]/g, '-')}.json`;
  const file = join(folder, name);
  await writeFile(`${file}~`, JSON.stringify(report), { mode: 0o600 });
  await rename(`${file}~`, file);
  const names = await keptNames(folder);
  for (const old of names.slice(0, -keptMax)) await rm(join(folder, old), { force: true });
}

/**
 * Null before the first.
 * @throws ClincherError `report-invalid` for one that has become something else
 */
export async function lastReport(stateDir: string): Promise<SignedReport | null> {
  const folder = folderOf(stateDir);
  const name = (await keptNames(folder)).at(-1);
  if (name === undefined) return null;
  const file = join(folder, name);
  return readReport(await readFile(file, 'utf8'), file);
}

function folderOf(stateDir: string): string {
  return join(stateDir, 'verify');
}

/** The oldest first: names are times. */
async function keptNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^\d{4}-[\dTZ-]+\.json$/.test(name)).sort();
}
