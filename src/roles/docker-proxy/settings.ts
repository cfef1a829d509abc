// What the Docker API proxy is told: the daemon's socket, and what each caller may ask of it.

import * as z from 'zod';
import { addressText, listenerSchema } from '../../kit/address.ts';
import { limits } from '../../kit/limits.ts';
import { commonSettings } from '../role.ts';

const count = z.int().positive();
const absolutePath = z
  .string()
  .regex(/^\/[^\0]*$/, 'must be an absolute path')
  .max(1_024);
/** Exact, or with `*` for any run of characters. */
const pattern = z.string().min(1).max(256);
const patterns = z.array(pattern).max(256);
const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** What is set when a caller asks for nothing, and the most it may ask for. */
const bound = (standard: number, max: number) =>
  z.strictObject({ default: count.default(standard), max: count.default(max) }).prefault({});

const imageSchema = z.strictObject({
  /** As callers write it: `openclaw-sandbox:bookworm-slim`, with a tag. */
  name: z.string().min(1).max(256),
  /** The image id, `sha256:` and 64 digits; what the name must still mean when it is used. */
  id: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional(),
});

const bindSchema = z.strictObject({
  /** As the caller names it, in its own file system. */
  source: absolutePath,
  /** The same folder as the daemon sees it; `source` when left out. */
  hostSource: absolutePath.optional(),
  /** Where it may appear in a sandbox: this path, and below it when `below` is set. */
  target: absolutePath,
  readOnly: z.boolean().default(true),
  /**
   * Folders below `source` may be bound too, at or below `target`. Whoever can write there can put
   * a link in the place of a folder, so it needs `commandsOnly`: docs/docker-proxy.md.
   */
  below: z.boolean().default(false),
  /** `below` without `commandsOnly`: nobody who gains from a link can put one there. */
  unsafeLinks: z.boolean().default(false),
});

export const sandboxTemplate = z.strictObject({
  images: z.array(imageSchema).min(1).max(64),
  /** Of every process in a sandbox: numbers, not root. */
  user: z
    .string()
    .regex(/^[1-9][0-9]{0,8}(:[1-9][0-9]{0,8})?$/, 'must be uid or uid:gid in digits, not 0')
    .default('1000:1000'),
  /** Container names; a create without a name gets one from the daemon. */
  names: patterns.default(['openclaw-sbx-*']),
  /** Label keys that callers may set; ours begin with `clincher.` and are never theirs. */
  labels: patterns.default(['openclaw.*']),
  /** Variables that callers may set, in create and in exec. */
  env: patterns.default(['*']),
  workdirs: z.array(absolutePath).max(64).default(['/workspace', '/agent', '/tmp']),
  binds: z.array(bindSchema).max(64).default([]),
  /**
   * Containers wait with `sleep infinity` and run nothing of their own; the first command runs when
   * what is mounted was looked at from inside. For folders in whose place a caller can put links.
   */
  commandsOnly: z.boolean().default(false),
  /** Paths that may be a tmpfs; each gets these options and no others. */
  tmpfs: z
    .array(z.strictObject({ path: absolutePath, sizeBytes: count.default(64 * mebibyte) }))
    .max(16)
    .default([
      { path: '/tmp', sizeBytes: 256 * mebibyte },
      { path: '/var/tmp', sizeBytes: 64 * mebibyte },
      { path: '/run', sizeBytes: 64 * mebibyte },
    ]),
  readOnlyRoot: z.boolean().default(true),
  /** `none`, or the one user-defined network that every sandbox of this caller joins. */
  network: z.string().min(1).max(128).default('none'),
  memoryBytes: bound(gibibyte, 4 * gibibyte),
  nanoCpus: bound(1_000_000_000, 2_000_000_000),
  pids: bound(256, 1_024),
  shmBytes: bound(64 * mebibyte, 64 * mebibyte),
  ulimits: z
    .array(z.strictObject({ name: z.string().regex(/^[a-z]{2,12}$/), max: count }))
    .max(16)
    .default([{ name: 'nofile', max: 4_096 }]),
  /** What every sandbox runs under; the daemon's own when left out. */
  seccompProfile: z.string().min(1).max(65_536).optional(),
  apparmorProfile: z.string().min(1).max(256).optional(),
});

const customRule = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']),
  /**
   * Anchored, without a version: `/containers/{container}/logs`, or a name in the place of the
   * braces. Must be a path of the Docker API.
   */
  path: z.string().min(2).max(512),
  /** Query parameters that may be there, beyond those that change nothing. */
  query: z.array(z.string().min(1).max(64)).max(32).default([]),
  /** `none`; `template`: as the profile sandbox checks it; or the allowed values of each field. */
  body: z
    .union([
      z.enum(['none', 'template']),
      z.record(
        z.string(),
        z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).min(1),
      ),
    ])
    .default('none'),
  /** Also what the caller did not create. */
  unsafeUnscoped: z.boolean().default(false),
  /** Where it was declared: `clincher.yaml:14:7`. Quoted in decisions. */
  at: z.string().default(''),
});

export const dockerProfiles = [
  'handshake',
  'exec-only',
  'sandbox',
  'observe',
  'custom',
  'tecnativa',
] as const;

/** What one caller may do. */
const callerRules = {
  /** `handshake`: HEAD and GET /_ping and GET /version, nothing else. */
  profile: z.enum(dockerProfiles),
  /** Of `sandbox` and `exec-only`, and of custom rules that say so. */
  template: sandboxTemplate.optional(),
  /**
   * Containers, by exact name, that somebody else made and that are this caller's to use in
   * `exec-only`, beside those with its label.
   */
  containers: z.array(z.string().min(1).max(128)).max(64),
  /** Containers, by exact name, that may be inspected and nothing else. */
  inspectable: z.array(z.string().min(1).max(128)).max(64),
  /**
   * The container that the caller runs in, by exact name, for programs that ask where they are: its
   * id and the folders of the template are told, and these commands run in it, to the letter.
   */
  own: z
    .strictObject({
      container: z.string().min(1).max(128),
      commands: z.array(z.array(z.string().max(4_096)).min(1).max(64)).max(8),
    })
    .optional(),
  custom: z.array(customRule).max(256),
  /** The switches of Tecnativa's docker-socket-proxy, by their names: `CONTAINERS`, `POST`. */
  switches: z.record(z.string().regex(/^[A-Z_]{2,32}$/), z.boolean()),
  /** `observe` shows every container and image of the daemon, not only those of this stack. */
  unsafeSeeAll: z.boolean(),
};

const limitsSchema = z
  .strictObject({
    headerBytesMax: count.default(limits.headerBytesMax),
    headerTimeoutMs: count.default(limits.headerTimeoutMs),
    connectionsMax: count.default(64),
    /** Of a body that is read and judged; a larger one is refused unread. */
    bodyBytesMax: count.default(256 * 1024),
    /** Of one body that is passed on unread (Tecnativa's build, for one). */
    opaqueBodyBytesMax: count.default(4 * gibibyte),
    /** Of one answer of the daemon that is read whole; a larger one is refused whole. */
    answerBytesMax: count.default(4 * mebibyte),
    answerTimeoutMs: count.default(10_000),
    /** For calls that take as long as something takes: start, stop, remove. */
    slowAnswerTimeoutMs: count.default(120_000),
    dialTimeoutMs: count.default(limits.dialTimeoutMs),
    /** Streams that carry nothing are closed: exec, attach, logs, events, stats, wait. */
    streamIdleTimeoutMs: count.default(30 * 60_000),
    streamAgeMs: count.default(24 * 3_600_000),
    /** One line of events. */
    eventBytesMax: count.default(256 * 1024),
    /** Per caller, open at once. */
    streamsMax: count.default(64),
    execsMax: count.default(64),
    /** Per caller: containers that exist, running or not. */
    containersMax: count.default(32),
    requestsPerSecondMax: count.default(200),
    createsPerMinuteMax: count.default(60),
    execsPerMinuteMax: count.default(1_200),
  })
  .prefault({});

export const dockerProxyRules = z.strictObject({
  profile: callerRules.profile.default('handshake'),
  template: callerRules.template,
  containers: callerRules.containers.default([]),
  inspectable: callerRules.inspectable.default([]),
  own: callerRules.own,
  custom: callerRules.custom.default([]),
  switches: callerRules.switches.default({}),
  unsafeSeeAll: callerRules.unsafeSeeAll.default(false),
  /** For callers that are told apart: what is set here stands in the place of the above. */
  callers: z.record(z.string().min(1), z.strictObject(callerRules).partial()).default({}),
  /**
   * Whose sandboxes these are, where several stacks share a daemon: the label of a container is
   * `<scope>/<caller>`.
   */
  scope: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/)
    .default('clincher'),
  limits: limitsSchema,
});

export const dockerProxySettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
  docker: addressText,
  ...dockerProxyRules.shape,
});

export type SandboxTemplate = z.infer<typeof sandboxTemplate>;
export type DockerProxyRules = z.infer<typeof dockerProxyRules>;
export type DockerProxySettings = z.infer<typeof dockerProxySettings>;
