// An attack on the Docker proxy by a call alone, as data: the same rows are judged by the policy,
// sent to a proxy before a daemon, and fired at a stack.

import type { Reason } from '../../../policy/reasons.ts';

export interface CallAttack {
  readonly trick: string;
  readonly method: string;
  readonly target: string;
  readonly rawHeaders?: readonly string[];
  /** What a caller who may have sandboxes is told. */
  readonly status: number;
  readonly reason: Reason;
  /** Over a wire it is not even HTTP: refused before it is a call. */
  readonly isNoHttp?: true;
}

export type Row = readonly [trick: string, method: string, target: string];

const statuses: Partial<Record<Reason, number>> = {
  'docker-call-denied': 403,
  'docker-field-refused': 403,
  'docker-name-refused': 403,
  'docker-not-found': 404,
};

export function rows(reason: Reason, list: readonly Row[]): readonly CallAttack[] {
  const status = statuses[reason] ?? 400;
  return list.map(([trick, method, target]) => ({ trick, method, target, status, reason }));
}
