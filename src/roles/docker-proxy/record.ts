// The canonical record of the Docker proxy: everything one call leaves behind, written here and
// read back by `clincher sandbox`. One schema for both, so that neither can come to mean something
// else.

import * as z from 'zod';
import { decisionFields } from '../../telemetry/record-schema.ts';

const milliseconds = z.number().nonnegative();
const bytes = z.int().nonnegative();

/** What docker-proxy says of a call beyond what every role does. All of it may be missing. */
const fields = z.object({
  method: z.string(),
  /** As asked for, without its query, cut at 200 characters. */
  path: z.string(),
  /** As the API reference names it: `ContainerInspect`. */
  operation: z.string(),
  status: z.int(),
  /** The full id of the container that was acted on. */
  container: z.string(),
  /** As the caller called it, where it called it otherwise. */
  name: z.string(),
  exec: z.string(),
  image: z.string(),
  /** Of the body or the query: what the refusal is about. */
  field: z.string(),
  /** What was otherwise than asked: `HostConfig.Memory: 0 -> 1073741824; ...`. */
  changed: z.string(),
  bytesIn: bytes,
  bytesOut: bytes,
  /** Until the daemon's answer began, all calls to it together. */
  daemonMs: milliseconds,
  /** How a stream ended: `closed`, `idle`, `broken`, or the limit it met. */
  end: z.string(),
  /** What was wrong on the wire: `framing`, `pipelined`. */
  fault: z.string(),
  /** What the system or the daemon said. */
  error: z.string(),
});

/** A line of the log that ends a call; it lasts from the request's head to its answer's end. */
export const dockerRecord = decisionFields.extend({
  role: z.literal('docker-proxy'),
  ...fields.partial().shape,
});

export type DockerFields = Readonly<Partial<z.infer<typeof fields>>>;
export type DockerRecord = z.infer<typeof dockerRecord>;
