// The door to every driver: what it can be asked, whichever way it isolates.

import type { Finding } from '../kit/finding.ts';
import type { Plan, Step } from '../plan/model.ts';
import type { DriverName, ServiceName } from '../topology/model.ts';

export interface Driver extends AsyncDisposable {
  readonly name: DriverName;
  /**
   * What this machine lacks to run the plan (no user namespaces, port taken); empty when nothing.
   */
  preflight(plan: Plan): Promise<readonly Finding[]>;
  /** What runs now. Reads, never changes. */
  observe(): Promise<Observed>;
  /**
   * Does one step; idempotent. A start resolves when the service is ready.
   * @throws ClincherError `service-failed` with the last log lines, `port-in-use`, `disk-full`
   */
  apply(step: Step): Promise<void>;
  /**
   * Runs a self-contained program (TypeScript source without imports but `node:` ones) inside a
   * running service: its namespaces, its files, its user, no capabilities. Returns what it printed.
   * The program finds `input` as the constant `probeInput`: the driver writes `const probeInput =
   * <JSON>;` before the program's text and gives both to `node -` on its standard input, with an
   * empty environment. `isApart`: it looks at no process, and none of the service's may look at it
   * nor change it, where the driver cannot keep it out of their sight altogether.
   * @throws ClincherError `not-running`, or when it took longer than the deadline
   */
  probe(
    service: ServiceName,
    program: string,
    input: unknown,
    deadlineMs: number,
    isApart?: boolean,
  ): Promise<string>;
  /**
   * Runs a program of the service's own inside it, on this terminal: `clincher openclaw devices
   * list`. Same namespaces, files and user as probe(). Resolves to its exit code.
   */
  exec(
    service: ServiceName,
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<number>;
  /** How the running service was really started, read back from the machine, not from the plan. */
  inspect(service: ServiceName): Promise<Inspection>;
  logs(service: ServiceName | null, options: LogOptions): AsyncIterable<LogLine>;
}

export type ServiceState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopped';

export interface Observed {
  /** Null when nothing runs. */
  readonly topologyHash: string | null;
  readonly services: readonly ObservedService[];
}

export interface ObservedService {
  readonly name: ServiceName;
  readonly state: ServiceState;
  readonly hash: string;
  /** Of the service's first process, in the host's numbering. */
  readonly pid: number | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  readonly restarts: number;
  /** The address of the machine that it runs on; left out where that is this one. */
  readonly machine?: string;
  /** Why it is not ready, from its health or its end. */
  readonly detail: string | null;
}

/** Facts of the service's process tree from /proc, seen from outside. */
export interface Inspection {
  readonly processes: readonly InspectedProcess[];
  /** Addresses the service's first process inherited as listening sockets: `127.0.0.1:8443`. */
  readonly worldListeners: readonly string[];
  /**
   * Where sockets of the host's network lead that a service with a network of its own holds, other
   * than connections that came in by a listening socket it was given.
   */
  readonly worldConnections: readonly string[];
  /** `device:inode` of the folder that is meant to be its state; null when it keeps none. */
  readonly stateIdentity: string | null;
  /** Null where nothing bounds the service as a whole. */
  readonly groupLimits: GroupLimits | null;
  /** How Docker says that it was made, where it is a container. */
  readonly container?: InspectedContainer | undefined;
}

export interface InspectedContainer {
  /** `sha256:` and 64 digits. */
  readonly image: string;
  readonly user: string;
  readonly readOnlyRoot: boolean;
  readonly privileged: boolean;
  readonly capabilitiesAdded: readonly string[];
  readonly securityOptions: readonly string[];
  readonly devices: number;
  /** Namespaces of the host or of another container, as `PidMode host`. */
  readonly shares: readonly string[];
  /** Whom the engine's own resolver asks in its place. */
  readonly resolvers: readonly string[];
  readonly networks: readonly InspectedNetwork[];
}

export interface InspectedNetwork {
  readonly name: string;
  /** `bridge`, or `overlay`, which has no address of a host on it where it is internal. */
  readonly kind: string;
  readonly address: string;
  readonly internal: boolean;
  readonly options: Readonly<Record<string, string>>;
}

export interface InspectedProcess {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Each set in hexadecimal, capabilities(7). */
  readonly capabilities: Readonly<Record<CapabilitySet, string>>;
  /** Real, effective, saved and of files, each as its own user namespace counts. */
  readonly users: readonly number[];
  readonly limits: ProcessLimits;
  readonly noNewPrivileges: boolean;
  /** Whether a seccomp filter stands between it and the kernel. */
  readonly filtersSystemCalls: boolean;
  /** Whether it came in from outside, as a probe does, and was not started by the service. */
  readonly joined: boolean;
  /** Namespace inode by kind: user, pid, net, ipc, uts, mnt, cgroup. */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly mounts: readonly InspectedMount[];
  /** Files of the host that it holds open: a way around its mounts. */
  readonly foreignFiles: readonly string[];
}

export type CapabilitySet = 'inheritable' | 'permitted' | 'effective' | 'bounding' | 'ambient';

/** What has no bound is infinite. */
export interface ProcessLimits {
  readonly files: number;
  readonly processes: number;
  readonly dataBytes: number;
}

/** Of all its processes together; null where there is no bound. */
export interface GroupLimits {
  readonly memoryBytes: number | null;
  readonly processes: number | null;
  readonly cpus: number | null;
}

export interface InspectedMount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly readOnly: boolean;
}

export interface LogOptions {
  /** How many of the last lines; all that is kept when null. */
  readonly lines: number | null;
  readonly follow: boolean;
}

export interface LogLine {
  readonly service: ServiceName;
  readonly text: string;
}
