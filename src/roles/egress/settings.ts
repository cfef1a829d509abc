// What the egress proxy is told: who may reach which hosts, and how names are resolved.

import * as z from 'zod';
import { listenerSchema } from '../../kit/address.ts';
import { limits } from '../../kit/limits.ts';
import { commonSettings } from '../role.ts';

const count = z.int().positive();

export const egressRules = z.strictObject({
  rules: z.array(
    z.strictObject({
      caller: z.string().min(1),
      /** Exact names; `*.example.com` for one label more. Bare `*` is refused at load. */
      hosts: z.array(z.string().min(1)).max(256),
      ports: z.array(z.int().min(1).max(65_535)).default([443]),
      /** Lets through what is not TLS naming the host: for a plain HTTP box of the user's own. */
      unsafeAllowPlaintext: z.boolean().optional(),
      /** Where it was declared: `clincher.yaml:14:7`. Quoted in decisions. */
      at: z.string().default(''),
    }),
  ),
  /** Names answered from here, before the resolver: for a box of the user's own. */
  resolve: z.record(z.string(), z.array(z.union([z.ipv4(), z.ipv6()])).min(1)).default({}),
  /**
   * Addresses or CIDR ranges, each with an optional `:port`, allowed though they are not public.
   */
  unsafeAllowAddresses: z.array(z.string()).default([]),
  limits: z
    .strictObject({
      /** Per caller, so that one cannot take the other's. */
      tunnelsMax: count.default(256),
      /** Addresses that one name may resolve to. */
      answersMax: count.default(64),
      headerBytesMax: count.default(limits.headerBytesMax),
      headerTimeoutMs: count.default(limits.headerTimeoutMs),
      resolveTimeoutMs: count.default(limits.resolveTimeoutMs),
      dialTimeoutMs: count.default(limits.dialTimeoutMs),
      idleTimeoutMs: count.default(600_000),
    })
    .prefault({}),
});

export const egressSettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
  ...egressRules.shape,
});

export type EgressRules = z.infer<typeof egressRules>;
export type EgressSettings = z.infer<typeof egressSettings>;
