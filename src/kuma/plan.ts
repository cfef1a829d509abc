// What Uptime Kuma is to ask from outside, and the changes from what it asks now. Ours are known by
// a mark in their description; whatever a person has added is left alone.

import type { OutsideCheck } from '../render/monitoring/checks.ts';

/** As its socket API has a monitor: what we set of it, and whatever else there is. */
export interface KumaMonitor {
  readonly id: number;
  readonly name: string;
  readonly description?: string | null;
  readonly [field: string]: unknown;
}

export type KumaChange =
  | { readonly kind: 'add'; readonly wanted: WantedMonitor }
  | {
      readonly kind: 'edit';
      readonly there: KumaMonitor;
      readonly wanted: WantedMonitor;
      readonly fields: readonly string[];
    }
  | { readonly kind: 'remove'; readonly there: KumaMonitor };

export type WantedMonitor = ReturnType<typeof wantedMonitor>;

const mark = (id: string) => `clincher:${id}`;

/** Source: Uptime Kuma, server/server.js `add` and server/model/monitor.js `toJSON`. */
export function wantedMonitor({ id, name, url, statuses, everySeconds }: OutsideCheck) {
  return {
    type: 'http',
    name,
    description: mark(id),
    url,
    method: 'GET',
    interval: everySeconds,
    retryInterval: everySeconds,
    resendInterval: 0,
    maxretries: 2,
    timeout: 10,
    maxredirects: 0,
    accepted_statuscodes: statuses.map(String),
    expiryNotification: true,
    ignoreTls: false,
    upsideDown: false,
  } as const;
}

/** Pure. A second call after the changes gives none. */
export function planKuma(
  checks: readonly OutsideCheck[],
  there: readonly KumaMonitor[],
): readonly KumaChange[] {
  const ours = there.filter(({ description }) => description?.startsWith('clincher:') === true);
  const seen = new Set<number>();
  const changes: KumaChange[] = [];
  for (const wanted of checks.map(wantedMonitor)) {
    const found = ours.find(
      ({ id, description }) => !seen.has(id) && description === wanted.description,
    );
    if (found === undefined) {
      changes.push({ kind: 'add', wanted });
      continue;
    }
    seen.add(found.id);
    const fields = Object.entries(wanted)
      .filter(([name, value]) => JSON.stringify(found[name]) !== JSON.stringify(value))
      .map(([name]) => name);
    if (fields.length > 0) changes.push({ kind: 'edit', there: found, wanted, fields });
  }
  // Of a check that is no longer declared, and of one that is there twice.
  for (const each of ours) if (!seen.has(each.id)) changes.push({ kind: 'remove', there: each });
  return changes;
}

export function kumaSentence(change: KumaChange): string {
  if (change.kind === 'add') return `adds ${change.wanted.name}: ${change.wanted.url}`;
  if (change.kind === 'remove') return `removes ${change.there.name}`;
  const said = change.fields.map(
    (field) =>
      `${field} ${text(change.there[field])} -> ${text(Reflect.get(change.wanted, field))}`,
  );
  return `changes ${change.wanted.name}: ${said.join(', ')}`;
}

function text(value: unknown): string {
  return value === undefined ? 'unset' : JSON.stringify(value);
}
