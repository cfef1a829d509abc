// What every request of the model proxy shares: its settings, budget, secrets, ways to providers,
// meter.

import { readFileSync } from 'node:fs';
import { ClincherError } from '../../kit/error.ts';
import type { World } from '../../kit/world.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { BodyReader } from './body.ts';
import { SecretFiles } from './credentials.ts';
import { createMeter, type Meter } from './meter.ts';
import { declaredRules } from './money/rules.ts';
import { LedgerWallet } from './money/wallet.ts';
import type { LlmSettings } from './settings.ts';
import { Upstream } from './upstream.ts';

export type ProviderSettings = LlmSettings['providers'][number];

export interface House extends Disposable {
  readonly settings: LlmSettings;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly wallet: LedgerWallet;
  readonly secrets: SecretFiles;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly bodies: BodyReader;
  readonly meter: Meter;
  /** Requests being worked on, each with the way to end it. */
  readonly open: Set<AbortController>;
}

/** @throws ClincherError `settings-invalid` when the settings contradict themselves */
export function openHouse(settings: LlmSettings, world: World, telemetry: Telemetry): House {
  const upstreams = new Map(
    settings.providers.map((provider) => [provider.name, upstreamOf(provider, settings)]),
  );
  for (const { name, deployments } of settings.models) {
    const stray = deployments.find(({ provider }) => !upstreams.has(provider));
    if (stray === undefined) continue;
    const message = `the model ${name} names the provider ${stray.provider}, which is not there`;
    throw new ClincherError('settings-invalid', message);
  }
  const { stateDir } = settings;
  const { ledgerBytesMax } = settings.limits;
  const rules = declaredRules(settings);
  const wallet = new LedgerWallet({ stateDir, ledgerBytesMax }, () => rules, world, telemetry.log);
  const open = new Set<AbortController>();
  return {
    settings,
    world,
    telemetry,
    wallet,
    upstreams,
    open,
    secrets: new SecretFiles(settings.secretsDir),
    bodies: new BodyReader(settings.limits),
    meter: createMeter(telemetry, () => wallet.states(rules.budgets)),
    [Symbol.dispose]: () => wallet[Symbol.dispose](),
  };
}

function upstreamOf(provider: ProviderSettings, settings: LlmSettings): Upstream {
  const { name, baseUrl, key } = provider;
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
  const caFile = settings.caFiles[name];
  const { dialTimeoutMs, firstByteTimeoutMs, idleTimeoutMs, headerBytesMax } = settings.limits;
  const timeouts = { dialTimeoutMs, firstByteTimeoutMs, idleTimeoutMs, headerBytesMax };
  return new Upstream({ name, baseUrl, dial, ca: readCa(name, caFile), ...timeouts });
}

function readCa(name: string, file: string | undefined): string | null {
  if (file === undefined) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const message = `the CA file of the provider ${name} cannot be read: ${file}`;
    throw new ClincherError('settings-invalid', message, { cause });
  }
}
