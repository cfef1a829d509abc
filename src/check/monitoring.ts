// The monitoring host looks and cannot touch: it gets the ingress's metrics and health pages,
// nothing else.

import type { Edge } from '../topology/model.ts';
import type { Check } from './check.ts';

export const monitoring: Check = {
  id: 'monitoring',
  invariant:
    'Between the hosts there is only monitoring asking ingress for its metrics and health paths.',
  because: 'A dashboard is a common way in; taken over, it must give no way to the agent.',
  *find(view) {
    for (const edge of view.topology.edges) {
      const from = view.services.get(edge.from);
      const to = view.services.get(edge.to);
      if (from === undefined || to === undefined || from.host === to.host) continue;
      const wrong = from.host === 'monitor' ? touching(edge, to.run.role) : 'leads to monitoring';
      if (wrong === null) continue;
      yield {
        severity: 'fatal',
        about: edge.id,
        message: `the edge ${edge.from} -> ${edge.to} ${wrong}`,
        fix: `Between the hosts only ingress may be asked, for ${readable.join(' and ')} alone.`,
        at: edge.at,
      };
    }
  },
};

const readable: readonly string[] = ['/metrics', '/healthz'];

function touching(edge: Edge, role: string): string | null {
  if (role !== 'ingress') return 'reaches past ingress';
  if (edge.paths === undefined || edge.paths.length === 0) return 'may ask for every path';
  const other = edge.paths.find((path) => !readable.includes(path));
  return other === undefined ? null : `may ask for ${other}`;
}
