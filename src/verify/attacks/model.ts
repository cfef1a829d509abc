// Attacks as data. A table is one class of them: the property that holds, from where they are
// tried, who must refuse, and a row for each trick with what the refusal says.

import type { Call } from '../../kit/tiny-program.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { MemoryKindName } from './kernel/memory.ts';

/** Bytes at a guard's door. */
export interface WireAttack {
  /** What it tries, as the end of a sentence. */
  readonly tries: string;
  /** One character for each byte; what stands for something of this stack is filled in. */
  readonly bytes: string;
  readonly status: number;
  readonly reason: Reason;
  /** Sent a byte at a time. */
  readonly isDripped?: true;
}

/** Bytes at a guard's door that say something; the mark in them stands for a word of this row. */
export type TellAttack = Pick<WireAttack, 'tries' | 'bytes'>;

/** A question to the kernel. */
export interface KernelAttack {
  readonly tries: string;
  readonly calls: readonly Call[];
  /** Its calls are those that look for the canary of this kind. */
  readonly memory?: MemoryKindName;
  /** What the first call that fails must say. */
  readonly errors: readonly string[];
}

/** Something done to a path. */
export interface PathAttack {
  readonly tries: string;
  readonly does: PathAct;
  readonly path: string;
  readonly errors: readonly string[];
}

export type PathAct = 'read' | 'write' | 'create' | 'connect';

/**
 * A call to a twin of the model proxy: the same program, told the same, with a provider, keys and a
 * budget that are verify's own.
 */
export interface TwinCall {
  /** Whose door it comes in by; each has a key of its own. */
  readonly as: TwinCaller;
  /** Whose key it brings; its own when left out. */
  readonly key?: TwinCaller;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, with marks of what is filled in: see fill-twin.ts. */
  readonly body: string;
  /** So often at once, each a little different. */
  readonly times?: number;
  /** It leaves with the first byte of its answer. */
  readonly leaves?: true;
}

export type TwinCaller = 'one' | 'two';

/** A try that the provider, a canary, says the outcome of. */
export interface TwinAttack {
  readonly tries: string;
  /** One after the other; what is in one goes out at once. */
  readonly rounds: readonly (readonly TwinCall[])[];
  /** How many calls may reach the provider, and how many must: or else nothing was shown. */
  readonly arrives: { readonly least: number; readonly most: number };
  /** What those are told that do not reach it. */
  readonly refusal: Reason | null;
  /** Must neither reach the provider nor come back. */
  readonly hides?: readonly string[];
  /** Nobody gets the answer that another got. */
  readonly isDistinct?: true;
}

interface Table<Kind extends string, Attack> {
  readonly kind: Kind;
  readonly class: string;
  /** What holds where these fail: one sentence. */
  readonly property: string;
  readonly attacks: readonly Attack[];
}

/**
 * The doors that are spoken to over a wire, by the role and the name of the port. `admin`: that of
 * every role.
 */
export const doors = {
  egress: 'proxy',
  llm: 'api',
  'docker-proxy': 'api',
  ingress: 'https',
  admin: 'admin',
} as const;

export type Door = keyof typeof doors;

export interface WireTable extends Table<'wire', WireAttack> {
  /** Tried from every service with an edge to it; at `ingress` from outside. */
  readonly guard: Door;
  /** Whether a port 443 of it stands for a canary: then a guard that fails is heard to. */
  readonly dialsCanary?: true;
  /** The answer is that of a bound in time: it is waited for as long as the guard's is. */
  readonly isSlow?: true;
}

/** Tried from where a wire's attacks are; judged by what the stack says of it afterwards. */
export interface TellTable extends Table<'told', TellAttack> {
  readonly guard: Door;
}

/** Tried in every service. */
export interface KernelTable extends Table<'kernel', KernelAttack> {
  /** Held by the jails' own filter of system calls: in a container it is the engine's. */
  readonly ofJails?: true;
}
/** Tried in every service; what its plan mounts there is its own. */
export type PathTable = Table<'path', PathAttack>;

/** Something that a command in the sandbox does. */
export interface SandboxAttack {
  readonly tries: string;
  readonly does: SandboxAct;
  /** A path, `HOST:PORT`, or a name. */
  readonly target: string;
  readonly errors: readonly string[];
}

export type SandboxAct = PathAct | 'dial' | 'send' | 'abstract' | 'resolve';

/** Tried in a command of each sandbox; what is tried of files and of the kernel is tried, too. */
export interface SandboxTable extends Table<'sandbox', SandboxAttack> {
  /** Of what made the jail that a command runs in: in a container there is nothing of it. */
  readonly ofJails?: true;
}

/** Tried at a twin of each service of the role `llm`, in its own jail. */
export type TwinTable = Table<'twin', TwinAttack>;

export type AttackTable =
  | WireTable
  | TellTable
  | KernelTable
  | PathTable
  | SandboxTable
  | TwinTable;
