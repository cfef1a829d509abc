// The canonical record of egress: everything one request leaves behind, written here and read back
// by `clincher egress`. One schema for both, so that neither can come to mean something else.

import * as z from 'zod';
import { decisionFields } from '../../telemetry/record-schema.ts';

const milliseconds = z.number().nonnegative();
const bytes = z.int().nonnegative();

/** What egress says of a request beyond what every role does. All of it may be missing. */
const fields = z.object({
  /** The HTTP status that was answered; 200 also where the tunnel was refused after it. */
  status: z.int(),
  /** Where a PROXY protocol header says that the caller is. */
  from: z.string(),
  /** As asked for, cut at 255 characters. */
  host: z.string(),
  port: z.int(),
  /** The address that was dialled, or the first one that was refused, in canonical form. */
  address: z.string().nullable(),
  /** Of that address: policy/address-ranges.ts. */
  class: z.string().nullable(),
  answersDenied: z.int(),
  /** The other proxy that dialled; then there is no address. */
  via: z.string(),
  /** The server name in the TLS ClientHello. */
  sni: z.string().nullable(),
  bytesUp: bytes,
  bytesDown: bytes,
  /** How the tunnel ended: `closed`, `idle`, `broken`, or the limit it met. */
  end: z.string(),
  /** Name lookup; from the first dial to a connection; from our answer to a whole ClientHello. */
  resolveMs: milliseconds,
  dialMs: milliseconds,
  helloMs: milliseconds,
  /** The one line that would allow it; never told to the caller. */
  fix: z.string().nullable(),
  /** What the system said: ECONNREFUSED. */
  error: z.string(),
});

/**
 * A line of the log that ends a request; it lasts from the connection to the end of the tunnel.
 * The reason of a `report` is why it would have been refused.
 */
export const egressRecord = decisionFields.extend({
  role: z.literal('egress'),
  ...fields.partial().shape,
});

export type EgressFields = Readonly<Partial<z.infer<typeof fields>>>;
export type EgressRecord = z.infer<typeof egressRecord>;
