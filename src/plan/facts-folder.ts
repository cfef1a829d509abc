// The folder in which the host notes for metrics what no service knows. Metrics sees it read-only:
// in a folder of its own it could put a link where the host writes.

import type { Service } from '../topology/model.ts';
import type { KeptFolder, ServicePlan } from './model.ts';
import { inside } from './paths.ts';

export const factsKept: KeptFolder = {
  of: 'metrics',
  name: 'facts',
  at: `${inside.run}/facts`,
  readOnly: true,
};

export function factsOf({ run }: Service): Pick<ServicePlan, 'folders'> {
  return run.role === 'metrics' ? { folders: [factsKept] } : {};
}
