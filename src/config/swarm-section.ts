// The section `swarm`: the machines of `driver: swarm`.

import * as z from 'zod';
import type { Reader } from '../kit/located/reader.ts';
import type { StackOptions } from '../topology/options.ts';

const nodesMax = 64;

const place = z.string().regex(/^(ssh|unix|tcp):\/\/[\w@.:/[\]-]+$/, {
  error: 'must be a place of a Docker daemon as Docker writes it: ssh://user@host',
});

export const swarmSchema = z.strictObject({
  nodes: z
    .array(place)
    .min(1)
    .max(nodesMax)
    .optional()
    .describe('Each node, as `docker -H` takes it; a manager first. The Docker of here, left out.'),
  encrypted: z
    .boolean()
    .optional()
    .describe('Whether kernels encrypt what goes between nodes (ESP); true when left out.'),
});

export function readSwarm(reader: Reader): Pick<StackOptions, 'swarm'> {
  const section = reader.readMap(['swarm'], swarmSchema);
  if (section === undefined) return {};
  return { swarm: { nodes: section.nodes ?? [], encrypted: section.encrypted ?? true } };
}
