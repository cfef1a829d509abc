// `clincher sandbox ls` where the sandbox is one over SSH: its scopes, what their folders hold and
// how many commands run, as the running service counts them.

import { askAdmin } from '../../drivers/embedded/readiness.ts';
import { hostPaths } from '../../host/host-paths.ts';
import { supervisorName } from '../../plan/paths.ts';
import { metricNames } from '../../telemetry/names.ts';
import { edgeId } from '../../topology/model.ts';
import { shown } from '../egress/record-text.ts';
import type { DeclaredSsh } from './declared.ts';

export interface ListedScopes {
  readonly backend: 'ssh';
  readonly scopes: readonly {
    readonly scope: string;
    /** When it was last measured; null: no command ran in it since the service started. */
    readonly storageBytes: number | null;
    readonly storageBytesMax: number;
  }[];
  /** Null while the service does not run. */
  readonly running: {
    readonly commands: number;
    readonly commandsMax: number;
    readonly connections: number;
  } | null;
}

const bounds = { timeoutMs: 5_000, bytesMax: 4 * 1024 * 1024 };

/** Never rejects: a stack that is down has scopes, too. */
export async function listScopes(
  { rules, service }: DeclaredSsh,
  stateDir: string,
): Promise<ListedScopes> {
  const folder = hostPaths(stateDir).edge(edgeId(supervisorName, service, 'admin'));
  const text = await askAdmin(folder, '/metrics', bounds).catch(() => null);
  const { storageBytesMax, commandsMax } = rules.limits;
  const commands = metricOf(text, metricNames.sandboxCommands, null);
  const connections = metricOf(text, metricNames.open, null) ?? 0;
  return {
    backend: 'ssh',
    scopes: rules.scopes.map((scope) => ({
      scope,
      storageBytes: metricOf(text, metricNames.sandboxStorage, scope),
      storageBytesMax,
    })),
    running: commands === null ? null : { commands, commandsMax, connections },
  };
}

/** Of one line of the exposition text; other labels may stand beside the scope. */
function metricOf(text: string | null, name: string, scope: string | null): number | null {
  for (const line of text?.split('\n') ?? []) {
    const [, found, labels = '', value] = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)$/.exec(line) ?? [];
    if (found !== name) continue;
    if (scope !== null && !labels.split(',').includes(`scope="${scope}"`)) continue;
    const number = Number(value);
    return Number.isFinite(number) ? number : null;
  }
  return null;
}

/** For people. */
export function scopeLines({ scopes, running }: ListedScopes): readonly string[] {
  const width = Math.max('SCOPE'.length, ...scopes.map(({ scope }) => scope.length));
  const rows = scopes.map(({ scope, storageBytes, storageBytesMax }) => {
    const held = storageBytes === null ? 'not measured' : size(storageBytes);
    return `${shown(scope).padEnd(width)}  ${held}, at most ${size(storageBytesMax)}`;
  });
  const now =
    running === null
      ? 'the sandbox does not run; start it with: clincher up'
      : `${running.commands} commands run, at most ${running.commandsMax}; ` +
        `${running.connections} connections`;
  return [`${'SCOPE'.padEnd(width)}  ON DISK`, ...rows, now];
}

/** `812 MiB`, `1.5 GiB`. */
export function size(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  if (mebibytes < 1_024) return `${Math.ceil(mebibytes)} MiB`;
  return `${Math.round((mebibytes / 1_024) * 10) / 10} GiB`;
}
