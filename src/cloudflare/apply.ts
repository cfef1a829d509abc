// Makes the changes one by one. When one is refused, those before it are taken back, last first, so
// that what was there stands again: a zone half changed would be nobody's.

import { ClincherError } from '../kit/error.ts';
import type { CloudflareApi } from './api.ts';
import type { Call, Change, Ids } from './model.ts';

/** `done` is told of each change once it is made. @throws ClincherError `cloudflare-...` */
export async function applyChanges(
  api: CloudflareApi,
  changes: readonly Change[],
  done: (change: Change, ids: Ids) => void,
): Promise<void> {
  const undo: Call[] = [];
  for (const change of changes) {
    let ids: Ids = {};
    try {
      for (const step of change.steps) {
        const result = await api.change(step.call(ids));
        ids = { ...ids, ...step.keep?.(result) };
        undo.unshift(step.undo(ids));
      }
    } catch (error) {
      throw await takeBack(api, undo, change, error);
    }
    done(change, ids);
  }
}

async function takeBack(
  api: CloudflareApi,
  undo: readonly Call[],
  failed: Change,
  cause: unknown,
): Promise<ClincherError> {
  const left: string[] = [];
  for (const call of undo) {
    await api.change(call).catch(() => left.push(`${call.method} ${call.path}`));
  }
  const { code, message, fix = '' } = cause instanceof ClincherError ? cause : unknownError(cause);
  const state =
    left.length === 0
      ? 'What was changed before it is as it was.'
      : `These changes could not be taken back: ${left.join(', ')}; clincher cloudflare plan shows what is there.`;
  return new ClincherError(code, `${failed.what}: ${message}`, { fix: `${state} ${fix}`, cause });
}

function unknownError(cause: unknown): ClincherError {
  return new ClincherError('cloudflare-unreachable', String(cause), { cause });
}
