// Notes for metrics what no service knows and a person would want an alert about: a file each, in
// the folder that metrics keeps. It works whether the stack runs or not.

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostPaths } from '../host/host-paths.ts';
import { keptFolder, makeKeptFolder } from '../host/kept-folders.ts';
import { factsKept } from '../plan/facts-folder.ts';
import { factsEnding } from '../roles/metrics/facts.ts';
import { metricMeanings, metricNames } from '../telemetry/names.ts';

type FactName = 'certificateEnds' | 'verifyTime' | 'verifyDifferences' | 'backupTime';

export interface Fact {
  readonly name: FactName;
  /** What of it this is about: a closed set of words. */
  readonly kind?: string;
  readonly value: number;
}

/**
 * In the place of what the same one noted before.
 * @throws ClincherError `state-unusable`
 */
export async function noteFacts(
  stateDir: string,
  who: 'verify' | 'backup' | 'certificates',
  facts: readonly Fact[],
): Promise<void> {
  const paths = hostPaths(stateDir);
  makeKeptFolder(factsKept, paths);
  const file = join(keptFolder(factsKept, paths), `${who}${factsEnding}`);
  // Containers read it as another user; it is no secret, and the state directory is closed.
  await writeFile(`${file}~`, expositionOf(facts), { mode: 0o644 });
  await rename(`${file}~`, file);
}

function expositionOf(facts: readonly Fact[]): string {
  const families = Map.groupBy(facts, ({ name }) => name);
  return [...families]
    .flatMap(([name, samples]) => [
      `# HELP ${metricNames[name]} ${metricMeanings[name]}`,
      `# TYPE ${metricNames[name]} gauge`,
      ...samples.map(({ kind, value }) =>
        kind === undefined
          ? `${metricNames[name]} ${value}`
          : `${metricNames[name]}{kind="${kind}"} ${value}`,
      ),
    ])
    .map((line) => `${line}\n`)
    .join('');
}
