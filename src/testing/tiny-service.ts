// Service plans for the driver's tests: small, complete, and running tiny-serve.ts in place of a
// role.

import { createHash } from 'node:crypto';
import type { ServicePlan } from '../plan/model.ts';
import { inside, listenFolder, supervisorName } from '../plan/paths.ts';
import { edgeId } from '../topology/model.ts';
import type { TinySettings } from './tiny-serve.ts';

/** What a driver under test starts for every role. */
export function tinyServeArgv(role: string): readonly string[] {
  return [
    inside.node,
    `${inside.program}/src/testing/tiny-serve.ts`,
    role,
    '--settings',
    inside.settings,
  ];
}

/**
 * `plan` overrides parts of the plan, `settings` what the stand-in is told. The hash follows from
 * both.
 */
export function tinyService(
  name: string,
  settings: Partial<TinySettings> = {},
  plan: Partial<ServicePlan> = {},
): ServicePlan {
  const folder = listenFolder(supervisorName, 'admin');
  const told: TinySettings = {
    service: name,
    admin: [`${folder}/sock`],
    health: { ready: true },
    ...settings,
  };
  const { listens = [], ...rest } = plan;
  const body = {
    name,
    role: 'demo',
    settings: { ...told },
    listens: [
      { edge: edgeId(supervisorName, name, 'admin'), peer: supervisorName, folder },
      ...listens,
    ],
    dials: [],
    secrets: [],
    files: [],
    mounts: [],
    state: false,
    network: 'none' as const,
    inherits: [],
    limits: {
      memoryBytesMax: 256 * 1024 * 1024,
      cpusMax: 1,
      processesMax: 64,
      filesMax: 512,
    },
    after: [],
    readyTimeoutMs: 20_000,
    ...rest,
  };
  return { ...body, hash: createHash('sha256').update(JSON.stringify(body)).digest('hex') };
}
