// The topology as a person or a program wants it: the list of forms.

import { formatDot } from './format-dot.ts';
import { formatMermaid } from './format-mermaid.ts';
import { formatText } from './format-text.ts';
import type { Topology } from './model.ts';

export const topologyFormats = {
  text: formatText,
  json: (topology) => JSON.stringify(topology, null, 2),
  mermaid: formatMermaid,
  dot: formatDot,
} as const satisfies Record<string, (topology: Topology) => string>;

export type TopologyFormat = keyof typeof topologyFormats;

/** Ends without a newline. */
export function formatTopology(topology: Topology, format: TopologyFormat): string {
  return topologyFormats[format](topology);
}
