// The typed topology: services, the zones they live in, the edges between them, the hosts they run
// on. Everything else is derived from this value; nothing is reachable unless an edge here declares
// it.

import type { Place } from '../kit/place.ts';
import type { DockerProxyRules } from '../roles/docker-proxy/settings.ts';
import type { EgressRules } from '../roles/egress/settings.ts';
import type { IngressProgram, IngressRules } from '../roles/ingress/settings.ts';
import type { LlmRules } from '../roles/llm/settings.ts';
import type { SandboxRules } from '../roles/sandbox/settings.ts';
import type { Monitoring } from './monitoring-model.ts';

export type ServiceName = string;
export type SecretName = string;
export const driverNames = ['embedded', 'docker', 'swarm'] as const;
export type DriverName = (typeof driverNames)[number];
export type Isolation = 'sealed' | 'segmented' | 'reference';
export type Preset = 'default' | 'reference';

export interface Topology {
  readonly preset: Preset;
  readonly driver: DriverName;
  readonly isolation: Isolation;
  readonly hosts: readonly Host[];
  readonly zones: readonly Zone[];
  readonly services: readonly Service[];
  readonly externals: readonly External[];
  readonly edges: readonly Edge[];
  readonly secrets: readonly SecretDeclaration[];
  /** The machines of `driver: swarm`; absent: the Docker of here. */
  readonly swarm?: SwarmMachines;
  /** What the monitoring host is told; absent: there is none. */
  readonly monitoring?: Monitoring;
}

export interface SwarmMachines {
  /** As `docker -H` takes them, a manager first; none: the Docker of here. */
  readonly nodes: readonly string[];
  /** Whether what goes between them is encrypted by their kernels. */
  readonly encrypted: boolean;
}

export interface Host {
  readonly name: 'app' | 'monitor';
  readonly at: Place;
}

export interface Zone {
  readonly name: string;
  readonly host: Host['name'];
  /** An internal zone has no way to the internet but over an edge to egress. */
  readonly internal: boolean;
  readonly at: Place;
}

/** What is not a service of ours: `people`, `cloudflare`, `operator`, `internet`, `docker.sock`. */
export interface External {
  readonly name: string;
  readonly kind: 'client' | 'internet' | 'host-resource';
  readonly host: Host['name'] | null;
  readonly at: Place;
}

export interface Service {
  readonly name: ServiceName;
  readonly host: Host['name'];
  readonly zones: readonly string[];
  /** What runs, and what it is told that the topology decides. Addresses come with the plan. */
  readonly run: Run;
  readonly rights: Rights;
  /** Secrets it may read. */
  readonly holds: readonly SecretName[];
  readonly at: Place;
}

export type Run =
  | {
      readonly role: 'ingress';
      readonly rules: IngressRules;
      readonly listen: IngressListen;
      /** Without TLS: answers a CA's question, and leads all else to TLS. */
      readonly plain?: IngressListen;
      /** Absent: our own server does the work. */
      readonly program?: ProgramOfIngress;
    }
  | {
      readonly role: 'gateway';
      readonly version: string;
      readonly defaultModel: string | null;
      /** In what it asks for a model, by name, where the file says so. */
      readonly apis?: Readonly<Record<string, AgentApi>>;
      readonly settings?: AgentSettings;
      /** On the host: whom the agent trusts beside the public CAs. */
      readonly caFile?: string;
    }
  | {
      readonly role: 'docker-proxy';
      readonly rules: DockerProxyRules;
      readonly dockerSocket: string;
      readonly profile: SandboxProfile;
      /** Null: the one that is made for it here, or OpenClaw's own where nothing is made. */
      readonly image: string | null;
      readonly imageId: string | null;
      readonly shape: SandboxShape;
    }
  | { readonly role: 'sandbox'; readonly rules: SandboxRules; readonly shape: SandboxShape }
  | {
      readonly role: 'llm';
      readonly rules: LlmRules;
      readonly caFiles: Readonly<Record<string, string>>;
      /** A model of the user's own for the cache, by its paths on the host; absent: none. */
      readonly embedding?: { readonly model: string; readonly vocabulary: string };
    }
  | { readonly role: 'egress'; readonly rules: EgressRules }
  | { readonly role: 'metrics' }
  | { readonly role: 'demo' }
  /**
   * A program that is not ours, by image or command: redis, prometheus, grafana, the user's own.
   */
  | { readonly role: 'program'; readonly image: string | null; readonly argv: readonly string[] };

/** Of the APIs of llm, those that the agent speaks. */
export const agentApis = ['chat', 'responses', 'messages'] as const;
export type AgentApi = (typeof agentApis)[number];

/** What a person set of the agent's own settings, in the agent's own words. */
export interface AgentSettings {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where in `values` a reference to a secret of the stack takes the place of what is there. */
  readonly secrets: readonly { readonly path: readonly string[]; readonly name: SecretName }[];
  /** Where in `values` a model of the stack is named. */
  readonly modelsAt: readonly (readonly string[])[];
}

export const sandboxProfiles = ['exec-only', 'sandbox', 'observe', 'custom'] as const;
/** Which calls docker-proxy lets through. */
export type SandboxProfile = (typeof sandboxProfiles)[number];

/** What every sandbox is made like, whoever makes it: a container or a jail. */
export interface SandboxShape {
  /** `1000:1000`: user and group by number; null for who runs the stack. */
  readonly user: string | null;
  /** `none`; another is for `check` to judge. */
  readonly network: string;
  readonly memoryBytesMax: number;
  readonly cpusMax: number;
  readonly processesMax: number;
  /** Folders inside that are memory; all else but the workspace is read-only. */
  readonly tmpfs: readonly string[];
  /** Beyond the workspace itself. */
  readonly binds: readonly SandboxBind[];
}

export interface SandboxBind {
  /** As the agent's jail names it; below the agent's workspace, or `check` says so. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface ProgramOfIngress {
  readonly name: IngressProgram;
  /** `1.22.1`; null where nobody has asked it. */
  readonly version: string | null;
}

export interface IngressListen {
  readonly host: string;
  readonly port: number;
}

/** What a service may do; compared with its role's template by `check`, realised by the driver. */
export interface Rights {
  /** `none`: no interface but loopback. `outside`: a route out; egress alone. */
  readonly network: 'none' | 'outside';
  readonly capabilities: readonly string[];
  /** Paths inside the service that it may write. */
  readonly writable: readonly string[];
  /** Host paths mounted into it, with where and how. */
  readonly mounts: readonly Mount[];
  /** Listening sockets of the world that it inherits. */
  readonly worldListeners: readonly IngressListen[];
  readonly memoryBytesMax: number;
  readonly cpusMax: number;
  readonly processesMax: number;
  readonly filesMax: number;
}

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Edge {
  /** `gateway--llm.api`: from, to and the callee's port name. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** The callee's port by name: `api`, `proxy`, `http`, `admin`, `metrics`, `health`. */
  readonly port: string;
  readonly protocol: 'http' | 'https' | 'connect' | 'docker-api' | 'redis' | 'tcp';
  readonly zone: string;
  /** On an HTTP edge that is narrower than its port: the only paths it may ask for. */
  readonly paths?: readonly string[];
  /** On an edge to `internet`, and on those to egress: the hosts it is for. */
  readonly hosts?: readonly string[];
  /** One phrase for people: what the edge is for. */
  readonly purpose: string;
  readonly at: Place;
}

export interface SecretDeclaration {
  readonly name: SecretName;
  readonly kind:
    | 'provider-key'
    | 'virtual-key'
    | 'alarm-address'
    | 'agent-credential'
    | 'redis-password'
    | 'master-key'
    | 'gateway-token'
    | 'tls-key'
    | 'metrics-token'
    | 'monitor-credential'
    | 'receiver-credential'
    | 'ssh-key'
    | 'secret-marks';
  /** Where its value comes from: the user's reference, or made by clincher on first start. */
  readonly source: SecretSource;
  readonly at: Place;
}

export type SecretSource =
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'store'; readonly key: string }
  | { readonly kind: 'generated' }
  /** Made of others: a short piece of each, by which who does not hold it knows it. */
  | { readonly kind: 'marks'; readonly of: readonly MarkedSecret[] };

export interface MarkedSecret {
  readonly name: SecretName;
  readonly source: Exclude<SecretSource, { readonly kind: 'marks' }>;
}

export function edgeId(from: string, to: string, port: string): string {
  return `${from}--${to}.${port}`;
}
