// What the SSH sandbox is told: who may sign in for which scope, who makes its jails, its bounds.

import * as z from 'zod';
import { addressText, listenerSchema } from '../../kit/address.ts';
import { scopeName } from '../../kit/jail-order.ts';
import { limits } from '../../kit/limits.ts';
import { commonSettings } from '../role.ts';

const count = z.int().positive();
const gibibyte = 2 ** 30;
/** The SSH library takes no packet of more than 35,000 bytes; a command comes in one. */
const commandBytesMax = 34_000;

const limitsSchema = z
  .strictObject({
    connectionsMax: count.default(64),
    /** From the first byte to being signed in. */
    signInTimeoutMs: count.default(limits.headerTimeoutMs),
    /** Keys and other methods that were refused, before the connection is closed. */
    signInTriesMax: count.default(3),
    /** A connection with no command. */
    idleTimeoutMs: count.default(limits.idleTimeoutMs),
    channelsMax: count.default(8),
    /** Of one connection; replies to what is refused cost us, too. */
    refusalsMax: count.default(64),
    commandBytesMax: count.max(commandBytesMax).default(commandBytesMax),
    /** At once, of all scopes. */
    commandsMax: count.default(32),
    commandsPerMinuteMax: count.default(1_200),
    /** Of one command, each way. */
    streamBytesMax: count.default(4 * gibibyte),
    commandMs: count.default(6 * 3_600_000),
    startTimeoutMs: count.default(15_000),
    /** What the folders of one scope may hold on the disk. */
    storageBytesMax: count.default(8 * gibibyte),
    storageFilesMax: count.default(500_000),
    /** While commands run, and before one that runs after a pause. */
    storageEveryMs: count.default(15_000),
    storageTimeoutMs: count.default(30_000),
  })
  .prefault({});

export const sandboxRules = z.strictObject({
  /** User names of SSH: each has folders of its own. */
  scopes: z.array(scopeName).min(1).max(16).default(['agent']),
  limits: limitsSchema,
});

export const sandboxSettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
  /** Where jails are asked for. */
  jails: addressText,
  /** The private key that says who we are. */
  hostKeyFile: z.string().startsWith('/'),
  /** The one public key that opens the door, as in authorized_keys. */
  clientKeyFile: z.string().startsWith('/'),
  ...sandboxRules.shape,
});

export type SandboxRules = z.infer<typeof sandboxRules>;
export type SandboxSettings = z.infer<typeof sandboxSettings>;
export type SandboxLimits = SandboxRules['limits'];
