// The records of whatever gives the agent's tools a place: calls of the Docker API, or commands
// over SSH. One line each, told apart by the role that wrote it.

import * as z from 'zod';
import { dockerRecord } from '../../roles/docker-proxy/record.ts';

const commandRecord = z.object({
  event: z.literal('decision'),
  role: z.literal('sandbox'),
  service: z.string(),
  time: z.iso.datetime(),
  requestId: z.string(),
  caller: z.string(),
  verdict: z.enum(['allow', 'deny', 'report']),
  reason: z.string(),
  rule: z.string().nullable(),
  durationMs: z.number().nonnegative(),
  scope: z.string().nullish(),
  asked: z.string().optional(),
  exit: z.int().nullish(),
  bytesIn: z.int().nonnegative().optional(),
  bytesOut: z.int().nonnegative().optional(),
});

export const sandboxRecord = z.discriminatedUnion('role', [dockerRecord, commandRecord]);
export type SandboxRecord = z.infer<typeof sandboxRecord>;

/** The roles whose records these are; also the names of their services in a stack. */
export const sandboxRoles = ['docker-proxy', 'sandbox'] as const;
