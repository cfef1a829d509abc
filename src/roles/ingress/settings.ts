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

/** Requests of one client, the bursts included; null: as many as it likes. */
const rate = z
  .strictObject({ requests: count.default(300), perSeconds: count.default(10) })
  .nullable();

/** What may change while it runs. */
const liveShape = { front: ingressFront.optional(), rate: rate.prefault({}) };
export const ingressLive = z.strictObject(liveShape);

/** Programs that can do its work in place of our own server. */
export const ingressPrograms = ['caddy', 'nginx'] as const;
export type IngressProgram = (typeof ingressPrograms)[number];

export const ingressRules = z.strictObject({
  ...liveShape,
  /**
   * The one origin people use: `https://localhost:8443`. Host headers that are not its host are
   * refused.
   */
  origin: z.url({ protocol: /^https$/ }),
  /** Whose scripts a page may take beside its own host's, where its service says so as well. */
  scriptHosts: z.array(z.hostname()).max(16).default([]),
  limits: z
    .strictObject({
      connectionsMax: count.default(limits.connectionsMax),
      /** Of one client, where nothing stands in front. */
      connectionsPerClientMax: count.default(limits.connectionsMax / 4),
      /** At once, of one connection over HTTP/2. */
      streamsMax: count.default(128),
      headerBytesMax: count.default(limits.headerBytesMax),
      headerTimeoutMs: count.default(limits.headerTimeoutMs),
      bodyBytesMax: count.default(limits.bodyBytesMax),
      idleTimeoutMs: count.default(600_000),
      /** Slower than this for `clientGraceMs`, a client that sends or reads is cut off. */
      clientBytesPerSecondMin: count.default(128),
      clientGraceMs: count.default(30_000),
    })
    .prefault({}),
});

export const ingressSettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
  ...ingressRules.shape,
  /** Without TLS: a CA's questions are answered from the folder, all else is led to `origin`. */
  plain: z
    .strictObject({ listen: z.array(listenerSchema).min(1), challengesDir: z.string() })
    .optional(),
  rate: rate.optional(),
  /** Absent: our own server. */
  program: z
    .strictObject({
      name: z.enum(ingressPrograms),
      /** Its absolute path. */
      file: z.string().startsWith('/'),
      /** Where the listening socket that it inherits is bound; nginx knows it by that. */
      bound: addressText.optional(),
    })
    .optional(),
  /** `front` and `rate` as JSON, in place of those here: read again when it changes. */
  rulesFile: z.string().optional(),
  /** Read again when they change. */
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
export type IngressLive = z.infer<typeof ingressLive>;
export type IngressSettings = z.infer<typeof ingressSettings>;
