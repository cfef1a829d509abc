// The secrets of monitoring: two pairs of certificates, by which the application host's door and
// the monitor know one another, and what the receivers of alerts ask for.

import { defaultPlace } from '../kit/place.ts';
import type { SecretDeclaration, SecretSource } from './model.ts';
import { deadMansSwitchUrl, type MonitoringOptions } from './monitoring-options.ts';
import type { StackOptions } from './options.ts';

/** Held by the door: what it shows, and which CA signed what the monitor has to show. */
export const doorSecrets = {
  cert: 'monitor-tls-cert',
  key: 'monitor-tls-key',
  clientCa: 'monitor-client-ca',
} as const;

/** Held by the monitor: all it needs to scrape, and good for nothing else. */
export const monitorCredentials = {
  ca: 'monitor-ca',
  cert: 'monitor-client-cert',
  key: 'monitor-client-key',
} as const;

/** Of a local certificate of ingress: who asks from outside has to know it. It is no secret. */
export const localCa = 'ingress-ca';

export function monitorSecrets(options: StackOptions): readonly SecretDeclaration[] {
  const { monitoring, preset, ingress } = options;
  if (monitoring === null && preset !== 'reference') return [];
  const at = monitoring?.at ?? defaultPlace(options.file);
  const of = (names: readonly string[], kind: SecretDeclaration['kind'], source: SecretSource) =>
    names.map((name) => ({ name, kind, source, at }));
  const generated = { kind: 'generated' } as const;
  return [
    ...of(Object.values(doorSecrets), 'tls-key', generated),
    ...of(Object.values(monitorCredentials), 'monitor-credential', generated),
    ...(ingress.tls === 'local' ? of([localCa], 'monitor-credential', generated) : []),
    ...(monitoring === null ? [] : receiverSecrets(monitoring)),
  ];
}

/** What those ask for who are told of alerts. */
export function receiverSecrets(said: MonitoringOptions): readonly SecretDeclaration[] {
  const { receivers = [], deadMansSwitch, at } = said;
  const all: Record<string, SecretSource> = {};
  for (const { secrets } of receivers) Object.assign(all, secrets);
  if (deadMansSwitch !== undefined) all[deadMansSwitchUrl] = deadMansSwitch;
  const kind = 'receiver-credential';
  return Object.entries(all).map(([name, source]) => ({ name, kind, source, at }));
}
