// The calls of the Docker Engine API, 1.24 to 1.56, by the names of its reference: what each may
// carry and what its answer is. https://docs.docker.com/reference/api/engine/

import type { Call } from './model.ts';
import { objectOperations } from './object-operations.ts';
import type { Operation, OperationRow, ParameterKind } from './operation.ts';

const attach = 'detachKeys:t logs:b stream:b stdin:b stdout:b stderr:b';
const logs = 'follow:b stdout:b stderr:b since:t until:t timestamps:b details:b tail:t';
const container = '/containers/{container}';

const containerOperations: readonly OperationRow[] = [
  ['SystemPing', 'GET /_ping', 'none', 'whole'],
  ['SystemPingHead', 'HEAD /_ping', 'none', 'whole'],
  ['SystemVersion', 'GET /version', 'none', 'whole'],
  ['SystemInfo', 'GET /info', 'none', 'shaped'],
  ['SystemEvents', 'GET /events since:t until:t filters:f', 'none', 'events'],
  ['ContainerList', 'GET /containers/json all:b limit:i size:b filters:f', 'none', 'shaped'],
  ['ContainerCreate', 'POST /containers/create name:t platform:t', 'create', 'whole', 'slow'],
  ['ContainerPrune', 'POST /containers/prune filters:f', 'none', 'whole', 'slow'],
  ['ContainerInspect', `GET ${container}/json size:b`, 'none', 'shaped'],
  ['ContainerTop', `GET ${container}/top ps_args:t`, 'none', 'whole'],
  ['ContainerLogs', `GET ${container}/logs ${logs}`, 'none', 'stream'],
  ['ContainerChanges', `GET ${container}/changes`, 'none', 'whole'],
  ['ContainerExport', `GET ${container}/export`, 'none', 'stream'],
  ['ContainerStats', `GET ${container}/stats stream:b one-shot:b`, 'none', 'stream'],
  ['ContainerResize', `POST ${container}/resize h:i w:i`, 'none', 'whole'],
  ['ContainerStart', `POST ${container}/start detachKeys:t`, 'none', 'whole', 'slow'],
  ['ContainerStop', `POST ${container}/stop signal:t t:i`, 'none', 'whole', 'slow'],
  ['ContainerRestart', `POST ${container}/restart signal:t t:i`, 'none', 'whole', 'slow'],
  ['ContainerKill', `POST ${container}/kill signal:t`, 'none', 'whole', 'slow'],
  ['ContainerUpdate', `POST ${container}/update`, 'opaque', 'whole'],
  ['ContainerRename', `POST ${container}/rename name:t`, 'none', 'whole'],
  ['ContainerPause', `POST ${container}/pause`, 'none', 'whole'],
  ['ContainerUnpause', `POST ${container}/unpause`, 'none', 'whole'],
  ['ContainerAttach', `POST ${container}/attach ${attach}`, 'none', 'hijack'],
  ['ContainerAttachWebsocket', `GET ${container}/attach/ws ${attach}`, 'none', 'hijack'],
  ['ContainerWait', `POST ${container}/wait condition:t`, 'none', 'stream', 'slow'],
  ['ContainerDelete', `DELETE ${container} v:b force:b link:b`, 'none', 'whole', 'slow'],
  ['ContainerArchiveInfo', `HEAD ${container}/archive path:t`, 'none', 'whole'],
  ['ContainerArchive', `GET ${container}/archive path:t`, 'none', 'stream'],
  [
    'PutContainerArchive',
    `PUT ${container}/archive path:t noOverwriteDirNonDir:t copyUIDGID:t`,
    'opaque',
    'whole',
    'slow',
  ],
  ['ContainerExec', `POST ${container}/exec`, 'exec-create', 'whole'],
  ['ExecStart', 'POST /exec/{exec}/start', 'exec-start', 'hijack'],
  ['ExecResize', 'POST /exec/{exec}/resize h:i w:i', 'none', 'whole'],
  ['ExecInspect', 'GET /exec/{exec}/json', 'none', 'shaped'],
  [
    'ImageList',
    'GET /images/json all:b filters:f shared-size:b digests:b manifests:b identity:b',
    'none',
    'shaped',
  ],
  ['ImageInspect', 'GET /images/{image}/json size:b manifests:b platform:t', 'none', 'shaped'],
];

export const operations: readonly Operation[] = [...containerOperations, ...objectOperations].map(
  ([name, line, body, answer, slow]) => {
    const [method = '', path = '', ...parameters] = line.split(' ');
    return {
      name,
      method: method as Call['method'],
      path: path.slice(1).split('/'),
      query: new Map(
        parameters.map((parameter) => {
          const [key = '', kind = 't'] = parameter.split(':');
          return [key, kind as ParameterKind];
        }),
      ),
      body,
      answer,
      slow: slow !== undefined,
    };
  },
);

export interface FoundOperation {
  readonly operation: Operation;
  /** What stands in the place of the braces; null where there are none. */
  readonly text: string | null;
}

/**
 * The call that this is, or null. Where a literal path and one with braces both fit, the literal
 * one comes first in the daemon's table too: a container called `create` has no `start`.
 */
export function findOperation(method: string, segments: readonly string[]): FoundOperation | null {
  let found: FoundOperation | null = null;
  for (const operation of operations) {
    if (operation.method !== method) continue;
    const text = matchPath(operation.path, segments);
    if (text === undefined) continue;
    if (text === null) return { operation, text };
    found ??= { operation, text };
  }
  return found;
}

/** undefined: no match; null: a match without braces; else what stands for them. */
export function matchPath(
  path: readonly string[],
  segments: readonly string[],
): string | null | undefined {
  const at = path.findIndex((part) => part.startsWith('{'));
  if (at === -1) {
    const same = path.length === segments.length && path.every((p, i) => p === segments[i]);
    return same ? null : undefined;
  }
  const after = path.length - at - 1;
  const taken = segments.length - at - after;
  if (taken < 1 || (taken > 1 && !severalParts.has(path[at] ?? ''))) return undefined;
  const fits =
    path.slice(0, at).every((part, i) => part === segments[i]) &&
    path.slice(at + 1).every((part, i) => part === segments[at + taken + i]);
  return fits ? segments.slice(at, at + taken).join('/') : undefined;
}

/** Names of images and plugins hold slashes. */
const severalParts = new Set(['{image}', '{plugin}']);
