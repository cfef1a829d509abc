// The folder in which the host lays what a CA will ask for (HTTP-01). Ingress sees it read-only: it
// faces the world, and holds neither the key of the account nor a way to the CA.

import type { Service } from '../topology/model.ts';
import type { KeptFolder, ServicePlan } from './model.ts';
import { inside } from './paths.ts';

export const challengesKept: KeptFolder = {
  of: 'ingress',
  name: 'challenges',
  at: `${inside.run}/challenges`,
  readOnly: true,
};

export function challengesOf({ run }: Service): Pick<ServicePlan, 'folders'> {
  return run.role === 'ingress' && run.plain !== undefined ? { folders: [challengesKept] } : {};
}
