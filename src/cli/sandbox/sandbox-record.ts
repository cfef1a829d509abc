// The records of whatever gives the agent's tools a place: calls of the Docker API, or commands
// over SSH. One line each, told apart by the role that wrote it.

import * as z from 'zod';
import { dockerRecord } from '../../roles/docker-proxy/record.ts';
import { decisionFields } from '../../telemetry/record-schema.ts';

const commandRecord = decisionFields.extend({
  role: z.literal('sandbox'),
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
