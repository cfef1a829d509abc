// What the monitoring host's programs run in: images made here, and of those whose makers alone
// have one, what a Docker has already.

import type { BuiltImage } from '../../images/image.ts';
import {
  type BroughtProgram,
  broughtPrograms,
  isDeclared,
  type MonitorRun,
  madePrograms,
} from '../../render/monitoring/artefact.ts';
import type { Monitoring } from '../../topology/monitoring-model.ts';
import { images } from '../../topology/pins.ts';
import { ensureImage } from '../image/own.ts';

export interface ProgramImages {
  readonly made: readonly BuiltImage[];
  readonly run: MonitorRun['images'];
  /** Declared, and without an image there: what to tell people of each. */
  readonly missing: readonly string[];
}

/**
 * `has` says whether the Docker that it is for has an image of that name.
 * @throws ClincherError `packages-unavailable`, `image-input`, `disk-full`
 */
export async function programImages(
  rules: Monitoring,
  has: (reference: string) => Promise<boolean>,
  update: (text: string) => void,
): Promise<ProgramImages> {
  const made: BuiltImage[] = [];
  for (const name of madePrograms) {
    update(name);
    made.push(await ensureImage(name, { update }));
  }
  const run = new Map<string, string>(made.map(({ name, reference }) => [name, reference]));
  const missing: string[] = [];
  for (const program of broughtPrograms.filter((each) => isDeclared(each, rules))) {
    if (await has(images[program])) run.set(program, images[program]);
    else missing.push(missingText(program));
  }
  return { made, run: Object.fromEntries(run), missing };
}

function missingText(program: BroughtProgram): string {
  return (
    `${program} is declared and not started: Docker there has no image ${images[program]}. ` +
    `Get it there (docker pull, or docker save and load), then run the same command again.`
  );
}
