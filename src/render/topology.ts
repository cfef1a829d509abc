// The topology in the forms that people and programs read: text, JSON, and two languages for pictures.

import type { Topology } from '../topology/model.ts';
import { topologyDot } from './topology-dot.ts';
import { topologyMermaid } from './topology-mermaid.ts';
import { topologyText } from './topology-text.ts';

export type TopologyFormat = 'text' | 'json' | 'mermaid' | 'dot';

/** Ends without a newline. */
export function renderTopology(topology: Topology, format: TopologyFormat): string {
  switch (format) {
    case 'text':
      return topologyText(topology);
    case 'json':
      return JSON.stringify(topology, null, 2);
    case 'mermaid':
      return topologyMermaid(topology);
    case 'dot':
      return topologyDot(topology);
  }
}
