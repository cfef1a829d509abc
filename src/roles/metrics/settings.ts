// What the metrics collector is told: whose admin sockets to read, and where to serve the sum.

import * as z from 'zod';
import { addressText, listenerSchema } from '../../kit/address.ts';
import { commonSettings } from '../role.ts';

export const metricsSettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
  targets: z.array(z.strictObject({ service: z.string().min(1), admin: addressText })),
  /** Where the host notes what no service knows, a file of exposition text each; null: nowhere. */
  factsDir: z.string().nullable().default(null),
  /** How often it looks by itself, for its alarms. */
  watchEveryMs: z.int().positive().default(30_000),
  scrapeTimeoutMs: z.int().positive().default(2_000),
  /** Per target; what is larger is dropped and counted. */
  scrapeBytesMax: z
    .int()
    .positive()
    .default(1024 * 1024),
});

export type MetricsSettings = z.infer<typeof metricsSettings>;
