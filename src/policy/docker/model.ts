// The values that go between the Docker proxy and its policy: what was asked, what it would do, and
// what is sent to the daemon in its place. The way of a call: judge-call, resolve what it refers
// to, in-scope, judge-body, request-line, answer.

import type { Reason } from '../reasons.ts';

export interface DockerHead {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

/** A no. `message` is what the docker command line shows after "Error response from daemon:". */
export interface Refusal {
  readonly kind: 'refusal';
  readonly status: number;
  readonly reason: Reason;
  /** Of the body or the query, as the API writes it: `HostConfig.Privileged`. */
  readonly field: string | null;
  readonly message: string;
  readonly rule: string | null;
}

/** What a path names. Its text is the caller's: a name, an id, or the beginning of an id. */
export interface Reference {
  readonly kind: 'container' | 'exec' | 'image' | 'object';
  readonly text: string;
}

export type BodyKind =
  /** No body, or none but white space and `{}`. */
  | 'none'
  /** Read whole, at most bodyBytesMax, judged by judgeBody, and written anew. */
  | 'create'
  | 'exec-create'
  | 'exec-start'
  | 'fields'
  /** Passed on unread: profile tecnativa alone. */
  | 'opaque';

export type AnswerKind =
  /** Read whole; shapeAnswer gives what the caller gets. */
  | 'shaped'
  /** Read whole and given as it is; what there is to hide in it has no place there. */
  | 'whole'
  /** Given on as it comes. */
  | 'stream'
  /** Lines of JSON, each through shapeEvent; null is left out. */
  | 'events'
  /** Where the client asks for an upgrade and the daemon answers 101: bytes both ways. */
  | 'hijack';

export interface Call {
  readonly kind: 'call';
  /** As the API reference names it: `ContainerInspect`. */
  readonly operation: string;
  /** The rule that let it pass, for the record: `sandbox ContainerInspect`. */
  readonly rule: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** `1.47`, as it was asked; null when the path has none. */
  readonly version: string | null;
  /** The path without version, its reference as `{container}`, `{exec}` or `{image}`. */
  readonly path: string;
  /** At most one: no call of the API that passes here has more. */
  readonly reference: Reference | null;
  /** Whether the reference must be in the caller's scope; false in profile tecnativa. */
  readonly scoped: boolean;
  /** Decoded, each name once, in the order they came. */
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly body: BodyKind;
  readonly answer: AnswerKind;
  /** What the client asks to upgrade to: `tcp`; null when it does not, then the answer streams. */
  readonly upgrade: string | null;
  /** start, stop, wait, remove: has the longer time limit. */
  readonly slow: boolean;
}

export type CallVerdict = Call | Refusal;

/** One thing that is otherwise than it was asked. For the record; never a secret's value. */
export interface Change {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

/** A folder of the host that a create binds; must be a folder and no link when it is used. */
export interface HostBind {
  readonly hostSource: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Below what the template names: whoever can write there may have put a link in its place. */
  readonly below: boolean;
}

export interface JudgedBody {
  readonly kind: 'body';
  /** What is sent to the daemon, and nothing else. */
  readonly bytes: Buffer;
  readonly changes: readonly Change[];
  readonly binds: readonly HostBind[];
  /** Of a create: must mean this id, where the template has one, when the daemon creates it. */
  readonly image: { readonly name: string; readonly id: string | null } | null;
  /** Of exec-create and exec-start; null elsewhere. */
  readonly tty: boolean | null;
  /** Of exec-start: the daemon answers at once, without a stream. */
  readonly detach: boolean;
}

export type BodyVerdict = JudgedBody | Refusal;

export interface Bound {
  readonly default: number;
  readonly max: number;
}

export interface TemplateBind {
  readonly source: string;
  readonly hostSource?: string | undefined;
  readonly target: string;
  readonly readOnly: boolean;
  readonly below: boolean;
  /** Whoever set this up says that nobody puts links into the folder. */
  readonly unsafeLinks: boolean;
}

/** The settings' `template`, field by field. */
export interface Template {
  readonly images: readonly { readonly name: string; readonly id?: string | undefined }[];
  readonly user: string;
  readonly names: readonly string[];
  readonly labels: readonly string[];
  readonly env: readonly string[];
  readonly workdirs: readonly string[];
  readonly binds: readonly TemplateBind[];
  readonly commandsOnly: boolean;
  readonly tmpfs: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly readOnlyRoot: boolean;
  readonly network: string;
  readonly memoryBytes: Bound;
  readonly nanoCpus: Bound;
  readonly pids: Bound;
  readonly shmBytes: Bound;
  readonly ulimits: readonly { readonly name: string; readonly max: number }[];
  readonly seccompProfile?: string | undefined;
  readonly apparmorProfile?: string | undefined;
}

export type FieldValue = string | number | boolean | null;

export interface CustomRule {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body: 'none' | 'template' | Readonly<Record<string, readonly FieldValue[]>>;
  readonly unsafeUnscoped: boolean;
  readonly at: string;
}

export type Profile = 'handshake' | 'exec-only' | 'sandbox' | 'observe' | 'custom' | 'tecnativa';

export interface OwnContainer {
  readonly container: string;
  /** Each word of each. */
  readonly commands: readonly (readonly string[])[];
}

/** What callerRules of the settings say of one caller, the common and its own together. */
export interface CallerRules {
  readonly profile: Profile;
  readonly template?: Template | undefined;
  readonly containers: readonly string[];
  readonly inspectable: readonly string[];
  /** The container that the caller runs in itself. */
  readonly own?: OwnContainer | undefined;
  readonly custom: readonly CustomRule[];
  readonly switches: Readonly<Record<string, boolean>>;
  readonly unsafeSeeAll: boolean;
}

/** One caller's rules, and who it is on the daemon. */
export interface CallerPolicy extends CallerRules {
  readonly caller: string;
  /** Whose sandboxes these are, where stacks share a daemon. */
  readonly scope: string;
}
