// The plan: everything that will run, complete to the last path, immutable, with no choice left for
// a driver.

import type { DriverName, IngressListen, Mount, ServiceName } from '../topology/model.ts';

export interface Plan {
  readonly version: 1;
  readonly driver: DriverName;
  /** SHA-256 of the topology in canonical JSON, hexadecimal. */
  readonly topologyHash: string;
  /** In start order: whoever is depended on comes first. */
  readonly services: readonly ServicePlan[];
}

export interface ServicePlan {
  readonly name: ServiceName;
  /** The role that `clincher serve` is asked for; the gateway's is `relay`. */
  readonly role: string;
  /** SHA-256 over everything else here but `live`: another hash means another process. */
  readonly hash: string;
  /** Written to settingsPath inside; checked by the role's own schema. Holds no secret value. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Socket folders this service creates its listeners in, one per edge in. */
  readonly listens: readonly SocketFolder[];
  /** Socket folders of its callees, mounted read-only, one per edge out. */
  readonly dials: readonly SocketFolder[];
  /** Names of the secrets mounted, a file each, below secretsDir. */
  readonly secrets: readonly string[];
  /** Where containers are kept apart by networks: those it is in; absent: none. */
  readonly bridges?: readonly BridgeEnd[] | undefined;
  /** Edges in that are addresses instead of sockets. */
  readonly answers?: readonly AddressEnd[] | undefined;
  /** Edges out that are. */
  readonly reaches?: readonly AddressEnd[] | undefined;
  /** What it runs as where it is a container; absent in a jail. */
  readonly container?: ContainerPlan | undefined;
  /**
   * Rendered files, read-only, by absolute path inside. `{{secret:NAME}}` is filled in by the
   * driver.
   */
  readonly files: readonly PlannedFile[];
  /**
   * Files in `inside.live`, which it reads again while it runs, as it does its secrets: others are
   * not another process. Absent: it reads what it is told once.
   */
  readonly live?: readonly PlannedFile[] | undefined;
  readonly mounts: readonly Mount[];
  /** Whether it keeps a folder of its own (stateDir inside) between starts. */
  readonly state: boolean;
  /** Folders that services keep and others see too; absent: none. */
  readonly folders?: readonly KeptFolder[] | undefined;
  readonly network: 'none' | 'outside';
  /**
   * Listening sockets the driver opens and hands over, from descriptor 3 upwards, in this order.
   */
  readonly inherits: readonly IngressListen[];
  readonly limits: ResourceLimits;
  /** Jails that this service may have made, one for each command it is given; absent: none. */
  readonly jails?: JailsPlan | undefined;
  readonly after: readonly ServiceName[];
  readonly readyTimeoutMs: number;
}

export interface SocketFolder {
  readonly edge: string;
  /** The other end. */
  readonly peer: string;
  /** Absolute folder inside this service; the socket in it is named `sock`. */
  readonly folder: string;
}

/** One end of a bridge: one service's part in a network. */
export interface BridgeEnd {
  /** `openclaw-net.gateway--llm`: its zone, and who is on it. */
  readonly bridge: string;
  /**
   * `edge`: internal, for two. `shared`: internal, for a zone. `door`: a published port comes in by
   * it, and nothing is translated on the way out. `way-out`: leads to the internet.
   */
  readonly kind: 'edge' | 'shared' | 'door' | 'way-out';
  readonly zone: string;
  /** One phrase for people: the ports that it is for, and why. */
  readonly purpose: string;
  readonly end: 'callee' | 'caller';
  /** Who else is on it; null where nobody of the stack is. */
  readonly peer: string | null;
  /** `10.192.0.8/29` */
  readonly subnet: string;
  /** What the bridge itself has where it leads anywhere. */
  readonly gateway: string;
  /**
   * This service's own. In a swarm nobody knows addresses before they are used: `10.192.0.64/26`
   * is one's own in there, `llm@10.192.0.64/26` that of a name.
   */
  readonly address: string;
  readonly calleeAddress: string;
}

/** An edge as an address: the callee listens there, on a bridge that its caller alone is on too. */
export interface AddressEnd {
  readonly edge: string;
  readonly peer: string;
  /** `tcp:10.192.0.10:4000` */
  readonly address: string;
}

export interface ContainerPlan {
  /** `clincher/roles:0123456789ab`, or with a digest. */
  readonly image: string;
  /**
   * `sha256:` and 64 digits: what that name must mean here, one or the other by how the engine
   * keeps images; none where the name is trusted.
   */
  readonly imageIds: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number };
  /** Further groups, by number: that of the daemon's socket, for who is given it. */
  readonly groups: readonly number[];
  /**
   * Of an image that is not ours: the program and its arguments, none for what the image itself
   * says. Such a container has no admin socket, no settings, and perhaps no Node. Absent for ours.
   */
  readonly program?: readonly string[] | undefined;
}

/** The one shape of the jails that a service has made: it names a scope and a command. */
export interface JailsPlan {
  /** The edge whose socket the driver listens at; one of the service's `dials`. */
  readonly edge: string;
  /** Each has folders of its own, which outlive its jails, and one set of limits for all. */
  readonly scopes: readonly string[];
  /** Folder inside that is the scope's own; `/tmp` is the other. */
  readonly workspace: string;
  /** Further folders inside that may be written, each memory of one jail. */
  readonly tmpfs: readonly string[];
  readonly limits: ResourceLimits;
  readonly fileBytesMax: number;
  /** At once, of all scopes. */
  readonly jailsMax: number;
}

/**
 * A folder of what one service keeps, made before anyone starts who sees it. It is a mount of its
 * own, so that whoever fills it cannot move it or put a link in its place.
 */
export interface KeptFolder {
  /** Who keeps it. */
  readonly of: ServiceName;
  /** Its name in stateDir of its keeper. */
  readonly name: string;
  /** Absolute, inside this service: by another name in who speaks of it to programs outside. */
  readonly at: string;
  readonly readOnly: boolean;
}

export interface PlannedFile {
  readonly path: string;
  readonly content: string;
}

export interface ResourceLimits {
  readonly memoryBytesMax: number;
  readonly cpusMax: number;
  readonly processesMax: number;
  readonly filesMax: number;
}

export type Step =
  | { readonly kind: 'start'; readonly service: ServicePlan }
  | { readonly kind: 'replace'; readonly service: ServicePlan }
  /** What it reads again while it runs has changed. */
  | { readonly kind: 'refresh'; readonly service: ServicePlan }
  | { readonly kind: 'stop'; readonly name: ServiceName };
