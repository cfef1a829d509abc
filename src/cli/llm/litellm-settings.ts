// Settings of two roles from a LiteLLM config.yaml: the model proxy, and beside it an egress proxy
// of its own that lets exactly the providers' hosts through.

import { isIP } from 'node:net';
import { cacheRedisSecret, type LitellmConfig } from '../../config/litellm/read-litellm.ts';
import { type LlmRules, redisDial, webhookDial } from '../../roles/llm/settings.ts';

export const caller = 'client';

export interface Places {
  readonly listen: readonly string[];
  readonly admin: readonly string[];
  readonly secretsDir: string;
  readonly stateDir: string;
  /** The address of the egress proxy. */
  readonly egress: string;
  /** Whether that is one of our own, to be started beside. */
  readonly ownEgress: boolean;
  readonly allowAddresses: readonly string[];
  readonly file: string;
  /** Where alarms are posted; null where they are not. */
  readonly alarmUrl: URL | null;
  /** What the names of plain servers of the user's own resolve to. */
  readonly resolved: ReadonlyMap<string, string>;
}

type Provider = LlmRules['providers'][number];

export interface LitellmSettings {
  readonly llm: Readonly<Record<string, unknown>>;
  readonly egress: Readonly<Record<string, unknown>> | null;
}

export function litellmSettings(config: LitellmConfig, places: Places): LitellmSettings {
  const { rules } = config;
  const { listen, admin, secretsDir, stateDir } = places;
  const dial = rules.providers.map((provider) => [provider.name, dialOf(provider, places)]);
  return {
    llm: {
      service: 'llm',
      admin,
      listen: listen.map((address) => ({ address, caller })),
      ...rules,
      cache: cacheOf(config, places),
      dial: {
        ...Object.fromEntries(dial),
        [webhookDial]: { egress: places.egress },
        ...sharedDial(config, places),
      },
      metricsFor: [caller],
      secretsDir,
      stateDir,
    },
    egress: places.ownEgress ? egressOf(rules.providers, places) : null,
  };
}

/** Servers of the user's own that speak plain HTTP: named where the file names them. */
export function plainHosts({ rules, cacheRedis, sharedRedis }: LitellmConfig): readonly string[] {
  const redis = [cacheRedis, sharedRedis].flatMap((one) => one?.host ?? []);
  return [...rules.providers.map(urlOf).filter(isDirect).map(hostOf), ...redis];
}

function sharedDial({ sharedRedis }: LitellmConfig, places: Places) {
  if (sharedRedis === null) return {};
  const { host, port } = sharedRedis;
  return { [redisDial]: { direct: addressOf(host, port, places) } };
}

function cacheOf({ rules: { cache }, cacheRedis }: LitellmConfig, places: Places) {
  if (cache === null || cacheRedis === null) return cache;
  const { host, port, password, prefix } = cacheRedis;
  const store = {
    kind: 'redis',
    address: addressOf(host, port, places),
    ...(password === null ? {} : { password: cacheRedisSecret }),
    ...(prefix === null ? {} : { prefix }),
  };
  return { ...cache, store };
}

function addressOf(host: string, port: number | string, { resolved }: Places): string {
  const address = resolved.get(host) ?? host;
  return `tcp:${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

function dialOf(provider: Provider, places: Places) {
  const url = urlOf(provider);
  if (!isDirect(url)) return { egress: places.egress };
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return { direct: addressOf(hostOf(url), port, places) };
}

/** The egress proxy lets TLS to names through; what else the file names is dialled as it says. */
function isDirect(url: URL): boolean {
  return url.protocol === 'http:' || isIP(hostOf(url)) !== 0;
}

function urlOf({ baseUrl }: Provider): URL {
  return new URL(baseUrl);
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** The bound of one caller among others would be a stranger's: here llm has egress to itself. */
const tunnelsMax = 4_096;

function egressOf(providers: readonly Provider[], places: Places) {
  const { egress, allowAddresses, alarmUrl, file } = places;
  const called = providers.map(urlOf).filter((url) => !isDirect(url));
  const urls = alarmUrl === null ? called : [...called, alarmUrl];
  return {
    service: 'egress',
    admin: [],
    listen: [{ address: egress, caller: 'llm' }],
    rules: [...new Set(urls.map(({ host }) => host))].map((host) => {
      const url = new URL(`https://${host}`);
      return { caller: 'llm', hosts: [hostOf(url)], ports: [Number(url.port || 443)], at: file };
    }),
    unsafeAllowAddresses: allowAddresses,
    limits: { tunnelsMax, tunnelsPerSecondMax: tunnelsMax },
  };
}
