// What the relay in the agent's jail is told: localhost ports that become edges, and the agent it
// starts.

import * as z from 'zod';
import { addressText, listenerSchema } from '../../kit/address.ts';
import { limits } from '../../kit/limits.ts';
import { commonSettings } from '../role.ts';

const count = z.int().positive();

export const relaySettings = z.strictObject({
  ...commonSettings,
  /** Edges in: a socket made for a caller leads to one of the agent's localhost ports. */
  listen: z.array(z.strictObject({ ...listenerSchema.shape, to: addressText })),
  /** Edges out: a localhost port leads to a callee's socket. */
  dial: z.array(
    z.strictObject({
      listen: addressText,
      callee: z.string(),
      to: addressText,
      /** `tcp` carries bytes unread, and with them no request id. */
      protocol: z.enum(['http', 'tcp']).default('http'),
    }),
  ),
  /** The agent, run as it is, as the relay's child. */
  program: z.strictObject({
    argv: z.array(z.string()).min(1),
    env: z.record(z.string(), z.string()),
    cwd: z.string(),
    /** GET here answers 200 once the agent is ready. */
    readyUrl: z.url(),
    readyTimeoutMs: z.int().positive().default(120_000),
    /** From SIGTERM to SIGKILL. */
    stopGraceMs: z.int().positive().default(limits.shutdownGraceMs),
  }),
  /** Asks OpenClaw's gateway what it has done; left out where the agent is another. */
  look: z
    .strictObject({
      url: z.url({ protocol: /^ws$/ }),
      tokenFile: z.string(),
      everyMs: count.default(30_000),
    })
    .optional(),
  limits: z
    .strictObject({
      connectionsMax: count.default(limits.connectionsMax),
      headerBytesMax: count.default(limits.headerBytesMax),
      headerTimeoutMs: count.default(limits.headerTimeoutMs),
      bodyBytesMax: count.default(limits.bodyBytesMax),
      dialTimeoutMs: count.default(limits.dialTimeoutMs),
      idleTimeoutMs: count.default(600_000),
    })
    .prefault({}),
});

export type RelaySettings = z.infer<typeof relaySettings>;
