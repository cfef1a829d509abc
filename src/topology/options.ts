// What the user's file says, with every default filled in: the input of standardTopology().

import type { Place } from '../kit/place.ts';
import type { DockerProxyRules } from '../roles/docker-proxy/settings.ts';
import type {
  ModelEmbeddingSettings,
  OnnxSettings,
} from '../roles/llm/cache/embedding/settings.ts';
import type { CacheSettings } from '../roles/llm/cache/settings.ts';
import type {
  DeploymentSettings,
  ModelSettings,
  ProviderKind,
  ProviderSettings,
} from '../roles/llm/routing/settings.ts';
import type { LlmRules, Price } from '../roles/llm/settings.ts';
import type { AgentOptions } from './agent-options.ts';
import type { AcmeOptions, IngressOptions } from './ingress-options.ts';
import type {
  DriverName,
  Isolation,
  Preset,
  SandboxProfile,
  SandboxShape,
  SecretSource,
  SwarmMachines,
} from './model.ts';
import type { MonitoringOptions } from './monitoring-options.ts';

export interface StackOptions {
  readonly preset: Preset;
  readonly driver: DriverName;
  readonly isolation: Isolation;
  readonly swarm?: SwarmMachines;
  /** The file it came from, for default places. */
  readonly file: string;
  readonly agent: AgentOptions;
  readonly providers: readonly ProviderOptions[];
  readonly models: readonly ModelOptions[];
  /** Left out where nothing is said. */
  readonly routing?: Partial<LlmRules['routing']>;
  /** None declared: `check` reports it, and nothing may be spent. */
  readonly budgets: readonly BudgetOptions[];
  readonly limits: readonly LimitOptions[];
  readonly keys?: readonly KeyOptions[] | undefined;
  readonly guards?: GuardOptions | undefined;
  /** Where alarms go; left out where they are only counted. */
  readonly alarms?: AlarmOptions | undefined;
  /** How often the stack looks at itself; null: never. Left out where nothing is said. */
  readonly verifyEveryMs?: number | null | undefined;
  /** Absent: no answers are kept. */
  readonly cache?: CacheOptions;
  /** Left out where this is the only instance that spends. */
  readonly redis?: RedisOptions | undefined;
  readonly egress: EgressOptions;
  readonly ingress: IngressOptions;
  readonly sandbox: SandboxOptions;
  /** Null where no monitoring host is part of the topology. */
  readonly monitoring: MonitoringOptions | null;
  /** Whether the model proxy counts under LiteLLM's names, too. */
  readonly litellmMetrics?: true;
  readonly services: readonly UserService[];
  readonly edges: readonly UserEdge[];
  /** `up --demo`: a bundled provider in a jail of its own takes every model call. */
  readonly demo: boolean;
}

export interface ProviderOptions {
  readonly name: string;
  readonly dialect: 'anthropic' | 'openai';
  readonly baseUrl: string;
  readonly key: SecretSource | null;
  /** The reference as the user wrote it, for messages: `env:ANTHROPIC_API_KEY`. */
  readonly keyText: string;
  readonly caFile: string | null;
  /** Left out where whoever speaks the dialect will do. */
  readonly kind?: ProviderKind;
  readonly options?: Partial<ProviderSettings['options']>;
  readonly at: Place;
}

export interface ModelOptions {
  readonly name: string;
  readonly deployments: readonly {
    readonly provider: string;
    readonly model: string;
    readonly price: Price | null;
    readonly outputTokensMax: number | null;
    /** What else is said of it. */
    readonly more?: Partial<Omit<DeploymentSettings, 'provider' | 'model' | 'price'>>;
  }[];
  /** How a deployment is chosen and what follows a failure; left out where nothing is said. */
  readonly more?: Partial<Omit<ModelSettings, 'name' | 'deployments'>>;
  readonly at: Place;
}

/** Whom a budget or limit is for: one of a name, or (null) each by itself. */
export interface ScopeOptions {
  readonly by: 'all' | 'key' | 'model' | 'provider' | 'session';
  readonly name: string | null;
}

export interface BudgetOptions extends ScopeOptions {
  readonly whenGone?: 'refuse' | number;
  readonly limitNanoUsd: number;
  readonly window: 'hour' | 'day' | 'week' | 'month' | 'total' | { readonly rollingMs: number };
  readonly at: Place;
}

export interface KeyOptions {
  readonly name: string;
  /** The service that it is good for. */
  readonly service: string;
  /** Null for the agent's, which is made. */
  readonly source: SecretSource | null;
  /** Null: every model. */
  readonly models: readonly string[] | null;
  readonly at: Place;
}

export interface RedisOptions {
  /** A service of the stack, or a host behind egress. */
  readonly where:
    | { readonly service: string }
    | { readonly host: string; readonly port: number; readonly caFile: string | null };
  readonly password: SecretSource | null;
  /** Among those that share. */
  readonly instance: string;
  readonly instances: number;
  readonly timeoutMs?: number;
  readonly whenGone?: 'refuse' | number;
  readonly at: Place;
}

/** Posted to a secret address at this host. */
export interface AlarmOptions {
  readonly host: string;
  readonly port: number;
  readonly source: SecretSource;
  readonly at: Place;
}

export interface GuardOptions {
  readonly secrets?: 'mask' | 'refuse' | 'off' | undefined;
  readonly providerTools?: 'allow' | 'refuse' | undefined;
  readonly loops?: {
    readonly repeats?: number | undefined;
    readonly withinMs?: number | undefined;
    readonly action?: 'refuse' | 'alarm' | undefined;
  };
  readonly heartbeats?: {
    readonly model?: string | null | undefined;
    readonly marks?: string[] | undefined;
  };
  readonly budgetShare?: number | undefined;
}

/** By the names that llm has for it; what is left out is as llm has it. */
export interface CacheOptions
  extends Pick<CacheSettings, 'mode' | 'ttlMs' | 'ttlMsMax'>,
    Partial<Pick<CacheSettings, 'models' | 'optIn' | 'share' | 'tools'>> {
  /** Absent: in memory and a file. */
  readonly store?: 'redis';
  readonly semantic?: Partial<CacheSettings['semantic']>;
  readonly limits?: Partial<CacheSettings['limits']>;
  /** Of a file of the user's own its paths on the host; absent: the one built in. */
  readonly embedding?: EmbeddingOptions;
  readonly at: Place;
}

export type EmbeddingOptions =
  | (Given<ModelEmbeddingSettings, 'kind' | 'model'> & { readonly kind: 'model' })
  | (Given<Omit<OnnxSettings, 'runtime'>, 'kind' | 'model' | 'vocabulary'> & {
      readonly kind: 'onnx';
    });

/** Of settings with defaults some are said, and some may be. */
type Given<T, Said extends keyof T> = Pick<T, Said> & Partial<T>;

export interface LimitOptions extends ScopeOptions {
  readonly whenGone?: 'refuse' | number;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly parallel: number | null;
  readonly at: Place;
}

export interface EgressOptions {
  /** Beyond the configured providers' hosts, which are always there for llm. */
  readonly rules: readonly {
    readonly caller: string;
    readonly hosts: readonly string[];
    readonly ports: readonly number[];
    readonly mode?: 'enforce' | 'report' | 'open' | undefined;
    readonly unsafeOpen?: boolean | undefined;
    readonly serverNames?: readonly string[] | undefined;
    readonly ech?: 'refuse' | 'allow' | undefined;
    readonly plainHttp?: boolean | undefined;
    /** `192.0.2.7:3128` */
    readonly upstreamProxy?: string | undefined;
    readonly limits?: EgressLimitOptions | undefined;
    readonly at: Place;
  }[];
  readonly globalAllow?: readonly string[] | undefined;
  readonly globalDeny?: readonly string[] | undefined;
  readonly resolvers?: readonly string[] | undefined;
  readonly denyAddresses?: readonly string[] | undefined;
  readonly resolve: Readonly<Record<string, readonly string[]>>;
  readonly unsafeAllowAddresses: readonly string[];
  readonly limits?: EgressLimitOptions | undefined;
  readonly at: Place;
}

/** By the names that egress has for them; what is left out is as egress has it. */
export type EgressLimitOptions = Readonly<Record<string, number | undefined>>;

export function acmeOf({ ingress: { tls } }: StackOptions): AcmeOptions | null {
  return typeof tls === 'object' && 'directory' in tls ? tls : null;
}

/** The reference draws it always; what is to be so there is for `ingress.cloudflare` to say. */
export function isBehindCloudflare({ preset, ingress }: StackOptions): boolean {
  return preset === 'reference' || ingress.cloudflare !== null;
}

/** Where the agent's tools run. */
export interface SandboxOptions {
  /** `ssh`: jails of a service of ours. `docker`: containers. `none`: in the agent's own jail. */
  readonly backend: SandboxBackend;
  readonly shape: SandboxShape;
  /** For `docker` alone. */
  readonly docker: {
    readonly socket: string;
    readonly profile: SandboxProfile;
    /** Null where nothing is said. */
    readonly image: string | null;
    /** `sha256:` and 64 digits: what the name must mean; null when the name is trusted. */
    readonly imageId: string | null;
    /** Of the profile `custom`; left out where nothing is said. */
    readonly calls?: DockerProxyRules['custom'];
  };
  readonly at: Place;
}

export const sandboxBackends = ['ssh', 'docker', 'none'] as const;
export type SandboxBackend = (typeof sandboxBackends)[number];

export interface UserService {
  readonly name: string;
  readonly zone: string;
  readonly image: string | null;
  readonly argv: readonly string[];
  readonly at: Place;
}

export interface UserEdge {
  readonly from: string;
  readonly to: string;
  readonly port: string;
  readonly at: Place;
}
