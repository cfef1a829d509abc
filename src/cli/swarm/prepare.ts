// `clincher swarm prepare`: brings the images to every node of a swarm, and says what one lacks.

import { exitCodes } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import { agentImage } from '../../topology/own-images.ts';
import { readEnvironment } from '../env.ts';
import { findingText, hasFatal } from '../findings.ts';
import { imageStore } from '../image/own.ts';
import { output } from '../output.ts';
import { prepareNodes } from './prepare-nodes.ts';

export interface PrepareFlags {
  readonly node: readonly string[];
  readonly unencrypted?: boolean;
}

/** Resolves to the exit code. @throws ClincherError `usage` and what prepareNodes() throws */
export async function prepare({ node: places, unencrypted }: PrepareFlags): Promise<number> {
  for (const place of places) {
    if (/^(ssh|unix|tcp):\/\/[\w@.:/[\]-]+$/.test(place)) continue;
    throw new ClincherError('usage', `${JSON.stringify(place)} is no place of a Docker daemon`, {
      fix: 'As Docker writes it: --node ssh://user@host.',
    });
  }
  const findings = await prepareNodes({
    ...{ places, images: ['roles', agentImage('beside')], store: imageStore() },
    ...{ encrypted: unencrypted !== true, variables: readEnvironment().variables },
    say: (text) => output.note(text),
  });
  for (const line of findings.flatMap(findingText)) output.line(line);
  const isFit = !hasFatal(findings);
  if (isFit) output.line(`${places.length} nodes are ready for a stack`);
  return isFit ? exitCodes.fine : exitCodes.no;
}
