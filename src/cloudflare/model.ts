// What is wanted of Cloudflare for one host name, what its API says is there, and the changes
// between the two. The API's names: developers.cloudflare.com/api.

import type { Secret } from '../kit/secret.ts';

export interface Wanted {
  /** What people type: `agent.example.com`. */
  readonly host: string;
  /** The zone it is in; null: the nearest one that the token sees. */
  readonly zone: string | null;
  /** How Cloudflare comes to this machine. */
  readonly way: { readonly addresses: readonly string[] } | { readonly tunnel: string };
  /** Requests of one client address; null: no limit of ours. */
  readonly rateLimit: RateLimit | null;
  readonly rules: readonly WantedRule[];
  /** 32 bytes in base64, for a tunnel that is yet to be made. */
  readonly tunnelSecret: Secret | null;
  /** The client certificate that Cloudflare shows to the ingress; null through a tunnel. */
  readonly originPull: { readonly certPem: string; readonly keyPem: Secret } | null;
}

export interface RateLimit {
  readonly requests: number;
  readonly periodSeconds: number;
  readonly blockSeconds: number;
}

export const ruleActions = ['block', 'managed_challenge', 'js_challenge', 'log'] as const;

export interface WantedRule {
  readonly name: string;
  /** In Cloudflare's rules language; it is put behind "this host and". */
  readonly expression: string;
  readonly action: (typeof ruleActions)[number];
}

/** Of the zone and this host in it; what is not about either is not kept. */
export interface Observed {
  readonly zone: { readonly id: string; readonly name: string; readonly free: boolean };
  readonly account: string;
  /** A, AAAA and CNAME of the host's name. */
  readonly records: readonly DnsRecord[];
  readonly settings: Readonly<Record<SettingName, string>>;
  readonly rulesets: Readonly<Record<Phase, Ruleset | null>>;
  /** Of the host, whoever set it; null where nothing is set. */
  readonly originPull: { readonly certId: string; readonly certPem: string } | null;
  /** Of the wanted name; null where there is none or none is wanted. */
  readonly tunnel: { readonly id: string; readonly local: boolean } | null;
}

export const recordTypes = ['A', 'AAAA', 'CNAME'] as const;
export type RecordType = (typeof recordTypes)[number];

export interface DnsRecord {
  readonly id: string;
  readonly type: RecordType;
  readonly content: string;
  readonly proxied: boolean;
  readonly ours: boolean;
}

export const settingNames = ['ssl', 'min_tls_version', 'always_use_https', 'websockets'] as const;
export type SettingName = (typeof settingNames)[number];

export const phases = ['http_request_firewall_custom', 'http_ratelimit'] as const;
export type Phase = (typeof phases)[number];

export interface Ruleset {
  readonly id: string;
  readonly rules: readonly Rule[];
}

export interface Rule {
  readonly id: string;
  readonly ref: string;
  /** As the API has it, without what it writes itself: `id`, `version`, `last_updated`. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What earlier steps of the same change were told: ids of what they made. */
export type Ids = Readonly<Record<string, string>>;

export interface Call {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the API's root, encoded. */
  readonly path: string;
  readonly body?: unknown;
}

export interface Step {
  readonly call: (ids: Ids) => Call;
  /** What of the answer the steps after it need, and its own way back. */
  readonly keep?: (result: unknown) => Ids;
  readonly undo: (ids: Ids) => Call;
}

export interface Change {
  /** `DNS record A agent.example.com` */
  readonly what: string;
  /** As people read it; null where there is nothing. */
  readonly from: string | null;
  readonly to: string | null;
  /** `zone`: every other name of the zone feels it too. */
  readonly reach: 'host' | 'zone';
  readonly steps: readonly Step[];
}

/** A mark on whatever this program makes there; what has none is somebody else's. */
export const mark = 'clincher';

/** A text member of an answer; empty where there is none, which the next call then says. */
export function textAt(value: unknown, name: string): string {
  const found: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : null;
  return typeof found === 'string' ? found : '';
}

/** A change as people and programs read it: what it sends stays inside. */
export type ShownChange = Pick<Change, 'what' | 'from' | 'to' | 'reach'>;
