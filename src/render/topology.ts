// The topology as a person or a program wants it: the list of forms.

import type { Topology } from '../topology/model.ts';
import { topologyDot } from './topology-dot.ts';
import { topologyMermaid } from './topology-mermaid.ts';
import { topologySvg } from './topology-svg.ts';
import { topologyText } from './topology-text.ts';

export const topologyFormats = {
  text: topologyText,
  json: (topology) => JSON.stringify(topology, null, 2),
  mermaid: topologyMermaid,
  dot: topologyDot,
  svg: (topology) => topologySvg(topology).text,
} as const satisfies Record<string, (topology: Topology) => string>;

export type TopologyFormat = keyof typeof topologyFormats;

/** Ends without a newline. */
export function renderTopology(topology: Topology, format: TopologyFormat): string {
  return topologyFormats[format](topology);
}
