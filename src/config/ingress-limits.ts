// The bounds of the ingress in the user's file, by the names that the ingress has for them.

import * as z from 'zod';
import { count, timeMs } from './egress-limits.ts';

/** Each takes two of the descriptors that the service may have. */
const connections = z.int().positive().max(2_000).optional();

export const ingressLimitsSchema = z
  .strictObject({
    connectionsMax: connections.describe('Connections that are open at once; 1024 when left out.'),
    connectionsPerClientMax: connections.describe(
      'The same of one client, where nothing stands in front; 256.',
    ),
    streamsMax: z
      .int()
      .positive()
      .max(1_000)
      .optional()
      .describe('Requests at once in one connection of HTTP/2; 128.'),
    headerBytesMax: z
      .int()
      .min(1_024)
      .max(1_048_576)
      .optional()
      .describe('The longest head of a request; 32 KiB.'),
    headerTimeoutMs: timeMs.describe('For the handshake of TLS, and for a head; 10 s.'),
    bodyBytesMax: count.describe('The longest body of a request; 32 MiB.'),
    idleTimeoutMs: timeMs.describe('How long a connection may be silent; 10 minutes.'),
    clientBytesPerSecondMin: count.describe(
      'A client that sends or reads more slowly is cut off; 128.',
    ),
    clientGraceMs: timeMs.describe('How long it may be slower than that; 30 s.'),
  })
  .describe('Bounds of whoever comes in.');

export const ingressRateSchema = z
  .union([
    z.literal(false),
    z.strictObject({
      requests: z.int().min(1).max(1_000_000).describe('Of one client, all at once if it likes.'),
      perSeconds: z.int().min(1).max(86_400).describe('The time after which it may as many again.'),
    }),
  ])
  .describe(
    'How often a client may ask; 300 requests in 10 s when left out, `false`: as it likes.',
  );
