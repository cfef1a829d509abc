// What is said over the control socket: one JSON line asked, one JSON line answered. Holds no
// secret value.

import * as z from 'zod';
import { plainName } from '../../host/host-paths.ts';
import type { RepeatOrder } from '../../host/repeater.ts';
import { scopeName } from '../../kit/jail-order.ts';
import type { ServicePlan } from '../../plan/model.ts';
import type { ObservedService } from '../driver.ts';
import { installationSchema } from './installation.ts';
import type { LimitMechanism } from './limits.ts';

/** A gateway's plan with every file of OpenClaw's is below 100 KB; this is a bound, not a size. */
export const messageBytesMax = 4 * 1024 * 1024;

const name = z.string().regex(plainName);
const folder = z.strictObject({ edge: name, peer: z.string(), folder: z.string().startsWith('/') });
const positive = z.number().positive();
const limits = z.strictObject({
  memoryBytesMax: positive,
  cpusMax: positive,
  processesMax: positive,
  filesMax: positive,
});
const absolute = z.string().startsWith('/');
const jails = z.strictObject({
  edge: name,
  scopes: z.array(scopeName).min(1).max(16),
  workspace: absolute,
  tmpfs: z.array(absolute).max(16),
  limits,
  fileBytesMax: positive,
  jailsMax: z.int().min(1).max(1_024),
});

const file = z.strictObject({ path: z.string().startsWith('/'), content: z.string() });

/** A service as the supervisor needs it: what it is told is in its bundle already. */
const servicePlanSchema = z.strictObject({
  name,
  role: z.string(),
  hash: z.string(),
  settings: z.record(z.string(), z.unknown()),
  listens: z.array(folder).max(256),
  dials: z.array(folder).max(256),
  secrets: z.array(name).max(256),
  files: z.array(file).max(256),
  live: z.array(file).max(16).optional(),
  mounts: z.array(
    z.strictObject({
      source: z.string().startsWith('/'),
      target: z.string().startsWith('/'),
      readOnly: z.boolean(),
    }),
  ),
  state: z.boolean(),
  folders: z
    .array(
      z.strictObject({
        of: name,
        name,
        at: z.string().startsWith('/'),
        readOnly: z.boolean(),
      }),
    )
    .max(16)
    .optional(),
  network: z.enum(['none', 'outside']),
  inherits: z.array(z.strictObject({ host: z.string(), port: z.int().min(0).max(65_535) })).max(16),
  limits,
  jails: jails.optional(),
  after: z.array(name),
  readyTimeoutMs: positive,
});

export const startOrderSchema = z.strictObject({
  service: servicePlanSchema,
  /** The folder below run/services/<name>/ that the asker wrote. */
  bundle: name,
  serveArgv: z.array(z.string()).min(1),
  installation: installationSchema,
});

/** A command of the owner's own, as the owner: nothing that the owner could not run. */
const repeatOrderSchema = z.strictObject({
  argv: z.array(z.string()).min(1).max(32).readonly(),
  env: z.record(z.string(), z.string()).readonly(),
  cwd: z.string().startsWith('/'),
  everyMs: z
    .int()
    .min(60_000)
    .max(7 * 86_400_000),
}) satisfies z.ZodType<RepeatOrder>;

export const requestSchema = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('observe') }),
  z.strictObject({
    ask: z.literal('start'),
    order: startOrderSchema,
    /** True for a replace: also when the same version runs. */
    again: z.boolean(),
    topologyHash: z.string().nullable(),
  }),
  z.strictObject({ ask: z.literal('stop-service'), name, topologyHash: z.string().nullable() }),
  z.strictObject({ ask: z.literal('repeat'), order: repeatOrderSchema.nullable() }),
  z.strictObject({ ask: z.literal('stop') }),
]);

export type StartOrder = z.infer<typeof startOrderSchema> & { readonly service: ServicePlan };
export type ControlRequest = z.infer<typeof requestSchema>;

export interface SupervisorView {
  /** In the numbering of the host. */
  readonly pid: number;
  readonly topologyHash: string | null;
  readonly services: readonly ObservedService[];
  readonly limitMechanism: LimitMechanism;
}

export type ControlAnswer =
  | { readonly ok: true; readonly view: SupervisorView | null }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly fix?: string };
