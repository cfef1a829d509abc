// A stack file read back, as `docker stack deploy` would: who is on which network, and what keeps
// each in its bounds. A key that is not known here may be anything, and is refused.

import { parse } from 'yaml';
import * as z from 'zod';

const limits = z.strictObject({ cpus: z.string(), memory: z.string(), pids: z.int().positive() });
const order = { order: z.literal('stop-first') };

const service = z.strictObject({
  image: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  // A role that finds itself without the bound that stack files have no word for ends.
  entrypoint: z.array(z.string()).refine((argv) => argv.at(-1) === '--no-new-privileges'),
  hostname: z.string(),
  user: z.string().regex(/^[1-9][0-9]*:[1-9][0-9]*$/),
  init: z.literal(true).optional(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  networks: z.record(
    z.string(),
    z.strictObject({ aliases: z.array(z.string()).optional() }).or(z.null()),
  ),
  dns: z.tuple([z.literal('127.0.0.1')]).optional(),
  ports: z
    .array(
      z.strictObject({
        target: z.int(),
        published: z.int(),
        protocol: z.literal('tcp'),
        mode: z.literal('host'),
      }),
    )
    .optional(),
  environment: z.record(z.string(), z.string()),
  working_dir: z.string(),
  ulimits: z.strictObject({ nofile: z.int(), core: z.literal(0) }),
  volumes: z.array(
    z.union([
      z.strictObject({
        type: z.literal('tmpfs'),
        target: z.string(),
        tmpfs: z.strictObject({ size: z.int() }),
      }),
      z.strictObject({ type: z.literal('volume'), source: z.string(), target: z.string() }),
    ]),
  ),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string() })),
  secrets: z
    .array(
      z.strictObject({
        ...{ source: z.string(), target: z.string(), uid: z.string(), gid: z.string() },
        mode: z.literal(0o400),
      }),
    )
    .optional(),
  healthcheck: z.looseObject({ test: z.array(z.string()) }),
  labels: z.record(z.string(), z.string()),
  logging: z.looseObject({ driver: z.literal('json-file') }),
  stop_grace_period: z.string(),
  deploy: z.strictObject({
    replicas: z.literal(1),
    endpoint_mode: z.literal('dnsrr'),
    placement: z.strictObject({ constraints: z.array(z.string()) }).optional(),
    resources: z.strictObject({ limits }),
    update_config: z.looseObject(order),
    rollback_config: z.looseObject(order),
    restart_policy: z.looseObject({}),
  }),
});

const overlay = z.strictObject({
  name: z.string(),
  driver: z.literal('overlay'),
  internal: z.literal(true),
  driver_opts: z.strictObject({ encrypted: z.literal('') }).optional(),
  ipam: z.strictObject({ config: z.tuple([z.strictObject({ subnet: z.string() })]) }),
});
const ownNetwork = z.strictObject({ external: z.literal(true), name: z.string() });

const stackFile = z.strictObject({
  version: z.literal('3.9'),
  'x-every-service': z.unknown(),
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.union([overlay, ownNetwork])),
  volumes: z.record(z.string(), z.strictObject({})).optional(),
  configs: z.record(z.string(), z.strictObject({ name: z.string(), file: z.string() })),
  secrets: z.record(z.string(), ownNetwork).optional(),
});

export type StackFile = z.infer<typeof stackFile>;

/** @throws ZodError for what is not understood */
export function readStack(text: string): StackFile {
  return stackFile.parse(parse(text, { version: '1.1', merge: true }));
}
