// `clincher sandbox ls`: the containers that were made through docker-proxy, as the daemon has them
// now, whoever of the stack made them.

import * as z from 'zod';
import { ClincherError } from '../../kit/error.ts';
import { ownerLabel } from '../../policy/docker/reserved.ts';
import { askWhole } from '../../roles/docker-proxy/ask-daemon.ts';
import { createAskIdentity } from '../../roles/docker-proxy/daemon-identity.ts';
import { DaemonPool } from '../../roles/docker-proxy/daemon-pool.ts';
import { shown } from '../egress/record-text.ts';
import { tableLines } from '../table.ts';
import type { DeclaredDocker } from './declared.ts';

export interface SandboxRow {
  readonly caller: string;
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  /** ISO 8601. */
  readonly created: string;
}

const listed = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Image: z.string(),
    State: z.string(),
    Created: z.number(),
    Labels: z.record(z.string(), z.string()),
  }),
);

const timeoutMs = 10_000;
const bytesMax = 16 * 1024 * 1024;

/** @throws ClincherError `docker-unreachable` */
export async function listSandboxes(declared: DeclaredDocker): Promise<readonly SandboxRow[]> {
  const { daemon, rules } = declared;
  const pool = new DaemonPool(daemon, timeoutMs, createAskIdentity(timeoutMs));
  try {
    const filters = encodeURIComponent(JSON.stringify({ label: [ownerLabel] }));
    const path = `/containers/json?all=1&filters=${filters}`;
    const call = { method: 'GET', path, body: null, upgrade: null };
    const answer = await askWhole(pool, call, { timeoutMs, bytesMax });
    if ('failed' in answer) throw unreachable(daemon, answer.error);
    const containers = listed.safeParse(JSON.parse(answer.body.toString()));
    if (!containers.success) throw unreachable(daemon, 'its answer is no list of containers');
    return containers.data.flatMap(({ Id, Names, Image, State, Created, Labels }) => {
      const [scope, caller = ''] = (Labels[ownerLabel] ?? '').split('/');
      if (scope !== rules.scope) return [];
      const name = (Names?.[0] ?? '').replace(/^\//, '');
      const created = new Date(Created * 1_000).toISOString();
      return [{ caller, id: Id, name, image: Image, state: State, created }];
    });
  } finally {
    pool.close();
  }
}

function unreachable(daemon: string, why: string): ClincherError {
  return new ClincherError('docker-unreachable', `the Docker daemon at ${daemon}: ${why}`, {
    fix: 'Is it running, and may you speak to it? Try: docker ps',
  });
}

/** A table for people. */
export function sandboxLines(rows: readonly SandboxRow[]): readonly string[] {
  if (rows.length === 0) return ['no sandboxes'];
  const head = ['CALLER', 'CONTAINER', 'NAME', 'IMAGE', 'STATE', 'CREATED'];
  const table = rows.map(({ caller, id, name, image, state, created }) =>
    [caller, id.slice(0, 12), name, image, state, `${created.slice(0, 19)}Z`].map(shown),
  );
  return tableLines([head, ...table]);
}
