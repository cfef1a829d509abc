// Reads the section `monitoring`.

import type { Reader } from '../kit/located/reader.ts';
import { defaultPlace } from '../kit/place.ts';
import type { Preset, SecretSource } from '../topology/model.ts';
import type { MonitoringOptions, ReceiverOptions } from '../topology/monitoring-options.ts';
import type { StackOptions } from '../topology/options.ts';
import { given } from './deployment.ts';
import { isLoopback, parseListen } from './fields.ts';
import { monitoringSchema, receiversSchema } from './monitoring-schema.ts';
import { secretSource } from './secret-source.ts';

const path = ['monitoring'];

export function readMonitoring(
  reader: Reader,
  preset: Preset,
  resolve: (path: string) => string,
): MonitoringOptions | null {
  const section = reader.readMap(path, monitoringSchema);
  const isReference = preset === 'reference';
  if (isReference && section?.host === false) {
    reader.add([...path, 'host'], 'preset reference always has its monitoring host');
  }
  if (section?.host !== true && !isReference) return null;
  const at =
    section === undefined ? defaultPlace(reader.document.file) : reader.document.declaredAt(path);
  const { listen: listenAt, from, deadMansSwitch, storageGigabytes, ...rest } = section ?? {};
  const listen = parseListen(listenAt ?? '') ?? undefined;
  if (listen !== undefined && !isLoopback(listen.host) && from === undefined) {
    reader.add([...path, 'listen'], 'needs `from` beside it: the addresses of the monitor');
  }
  const { target, scrapeSeconds, retentionDays, grafana, uptime } = rest;
  if (listen !== undefined && /^(0\.0\.0\.0|::)$/.test(listen.host) && target === undefined) {
    reader.add([...path, 'listen'], 'needs `target` beside it: what the monitor connects to');
  }
  const receivers = readReceivers(reader, resolve);
  return {
    ...given({
      ...{ target, scrapeSeconds, retentionDays, grafana, uptime, listen },
      storageGigabytesMax: storageGigabytes,
      from: from?.map(range),
      receivers: receivers.length === 0 ? undefined : receivers,
      deadMansSwitch:
        deadMansSwitch === undefined ? undefined : secretSource(deadMansSwitch, resolve),
    }),
    at,
  };
}

/** Metrics are there without a monitoring host, too. */
export function readLitellmNames(reader: Reader): Pick<StackOptions, 'litellmMetrics'> {
  const said = reader.valueAt([...path, 'litellmNames']) === true;
  return said ? { litellmMetrics: true } : {};
}

function range(address: string): string {
  if (address.includes('/')) return address;
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

type Told = NonNullable<ReturnType<typeof receiversSchema.parse>>;

function readReceivers(
  reader: Reader,
  resolve: (path: string) => string,
): readonly ReceiverOptions[] {
  const at = [...path, 'receivers'];
  const told: Partial<Told> = reader.readMap(at, receiversSchema) ?? {};
  const { ntfy, telegram, email, webhook } = told;
  const receivers: ReceiverOptions[] = [];
  const add = (
    receiver: ReceiverOptions['receiver'],
    references: Readonly<Record<string, string | undefined>>,
  ) => {
    const named = Object.entries(references).flatMap(([name, reference]) =>
      reference === undefined ? [] : [[name, secretSource(reference, resolve)] as const],
    );
    const secrets: Readonly<Record<string, SecretSource>> = Object.fromEntries(named);
    receivers.push({ receiver, secrets });
  };
  if (ntfy !== undefined) {
    const [url, token] = ['monitor-ntfy-url', 'monitor-ntfy-token'] as const;
    add(
      { kind: 'ntfy', url, token: ntfy.token === undefined ? null : token },
      { [url]: ntfy.url, [token]: ntfy.token },
    );
  }
  if (telegram !== undefined) {
    const token = 'monitor-telegram-token';
    add({ kind: 'telegram', token, chat: telegram.chat }, { [token]: telegram.token });
  }
  if (email !== undefined) {
    const { password: reference, user, ...mail } = email;
    const password = 'monitor-email-password';
    const signIn =
      reference === undefined
        ? { user: null, password: null }
        : { user: user ?? mail.from, password };
    if (user !== undefined && reference === undefined) {
      reader.add([...at, 'email', 'user'], 'has no use without `password`');
    }
    add({ kind: 'email', ...mail, ...signIn }, { [password]: reference });
  }
  if (webhook !== undefined) {
    const url = 'monitor-webhook-url';
    add({ kind: 'webhook', url }, { [url]: webhook.url });
  }
  return receivers;
}
