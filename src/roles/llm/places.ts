// Where each deployment is asked: its provider's address, adapter, key and connections.

import { readFileSync } from 'node:fs';
import { ClincherError } from '../../kit/error.ts';
import type { World } from '../../kit/world.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { webhookDial } from './alarms/settings.ts';
import { Webhook } from './alarms/webhook.ts';
import type { SecretFiles } from './credentials.ts';
import type { Place } from './provider-request.ts';
import { adapterOf } from './providers/index.ts';
import type { DeploymentSettings, ProviderSettings } from './routing/settings.ts';
import type { LlmSettings } from './settings.ts';
import { Upstream } from './upstream/upstream.ts';

export interface ReachablePlace extends Place {
  readonly upstream: Upstream;
  readonly keyHint: string;
}

/** `missing`: what a client may be told of a key that is not there. */
export type PlaceOf = (id: string) => ReachablePlace | { readonly missing: string };

export interface Places extends Disposable {
  of(deployment: DeploymentSettings): ReturnType<PlaceOf>;
}

/** @throws ClincherError `settings-invalid` */
export function makePlaces(settings: LlmSettings, secrets: SecretFiles): Places {
  const ways = new Map(
    settings.providers.map((provider) => {
      const upstream = upstreamOf(provider, settings);
      return [provider.name, { provider, adapter: adapterOf(provider), upstream }] as const;
    }),
  );
  return {
    of({ provider: name, headers }) {
      const way = ways.get(name);
      if (way === undefined) throw new RangeError(`not in the settings: ${name}`);
      const { provider, adapter, upstream } = way;
      const secret = provider.key === null ? '' : secrets.get(provider.key)?.reveal();
      if (secret === undefined) return { missing: missingKey(provider) };
      const { keyHint } = provider;
      return { provider, adapter, upstream, url: upstream.url, secret, headers, keyHint };
    },
    [Symbol.dispose]() {
      for (const { upstream } of ways.values()) upstream[Symbol.dispose]();
    },
  };
}

/**
 * Null where alarms are sent nowhere.
 * @throws ClincherError `settings-invalid`
 */
export function makeWebhook(
  settings: LlmSettings,
  secrets: SecretFiles,
  world: World,
  { log }: Telemetry,
): Webhook | null {
  const { webhook } = settings.alarms;
  if (webhook === null) return null;
  const connect = (baseUrl: string) =>
    upstreamOf({ name: webhookDial, baseUrl, key: webhook, connectionsMax: 1 }, settings);
  // So that a mistake in the settings shows when they are read.
  connect('https://alarms.invalid')[Symbol.dispose]();
  const url = () => URL.parse(secrets.get(webhook)?.reveal() ?? '');
  return new Webhook({ url, connect, waitsMs: [1_000, 10_000] }, world, log);
}

function missingKey({ name, keyHint }: ProviderSettings): string {
  const hint = keyHint.startsWith('env:') ? 'export it and run' : 'set it and run';
  return `${keyHint} is not set: ${hint} \`clincher up\` again (key of ${name}).`;
}

type Dialled = Pick<ProviderSettings, 'name' | 'baseUrl' | 'key' | 'connectionsMax'>;

function upstreamOf(provider: Dialled, settings: LlmSettings): Upstream {
  const { name, baseUrl, key, connectionsMax } = provider;
  const dial = settings.dial[name];
  if (dial === undefined) {
    throw new ClincherError('settings-invalid', `there is no way to dial the provider ${name}`);
  }
  if (key !== null && 'egress' in dial && !baseUrl.startsWith('https:')) {
    throw new ClincherError(
      'settings-invalid',
      `${name}: its key would cross the net unencrypted`,
      {
        fix: `Give the provider an https: address, or no key.`,
      },
    );
  }
  const { dialTimeoutMs, idleTimeoutMs, headerBytesMax, keepAliveMs } = settings.limits;
  const bounds = { dialTimeoutMs, idleTimeoutMs, headerBytesMax, keepAliveMs, connectionsMax };
  return new Upstream({ name, baseUrl, dial, ca: readCa(name, settings.caFiles[name]), ...bounds });
}

export function readCa(name: string, file: string | undefined): string | null {
  if (file === undefined) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const message = `the CA file of ${name} cannot be read: ${file}`;
    throw new ClincherError('settings-invalid', message, { cause });
  }
}
