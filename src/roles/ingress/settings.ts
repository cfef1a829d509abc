// What the ingress is told: its inherited listening socket, its certificate, and where each path
// leads.

import * as z from 'zod';
import { addressText, listenerSchema } from '../../kit/address.ts';
import { limits } from '../../kit/limits.ts';
import { commonSettings } from '../role.ts';

const count = z.int().positive();

/** What stands in front, if anything does: then nobody else may connect. */
export const ingressFront = z.strictObject({
  /** Who may connect, in CIDR notation. */
  ranges: z.array(z.union([z.cidrv4(), z.cidrv6()])).max(256),
  /** In which header it says who the client is; believed of nobody else. Null: it is the client. */
  addressHeader: z.literal('cf-connecting-ip').nullable(),
  /** Whether it has to show a certificate of ours. */
  certificate: z.boolean(),
});

export const ingressRules = z.strictObject({
  front: ingressFront.optional(),
  /**
   * The one origin people use: `https://localhost:8443`. Host headers that are not its host are
   * refused.
   */
  origin: z.url({ protocol: /^https$/ }),
  limits: z
    .strictObject({
      connectionsMax: count.default(limits.connectionsMax),
      headerBytesMax: count.default(limits.headerBytesMax),
      headerTimeoutMs: count.default(limits.headerTimeoutMs),
      bodyBytesMax: count.default(limits.bodyBytesMax),
      idleTimeoutMs: count.default(600_000),
    })
    .prefault({}),
});

export const ingressSettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
  ...ingressRules.shape,
  tls: z.strictObject({
    certFile: z.string(),
    keyFile: z.string(),
    /** With it every client has to show a certificate that this CA signed. */
    clientCaFile: z.string().optional(),
  }),
  /** Longest matching path prefix wins; a path without a route is 404. */
  routes: z.array(
    z.strictObject({
      prefix: z.string().startsWith('/'),
      service: z.string(),
      to: addressText,
      /**
       * File with the bearer token this route asks for; without one the service authenticates
       * itself.
       */
      bearerFile: z.string().optional(),
    }),
  ),
});

export type IngressRules = z.infer<typeof ingressRules>;
export type IngressSettings = z.infer<typeof ingressSettings>;
