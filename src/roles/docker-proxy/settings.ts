// What the Docker API proxy is told: the daemon's socket and what may be asked of it.

import * as z from 'zod';
import { addressText, listenerSchema } from '../../kit/address.ts';
import { limits } from '../../kit/limits.ts';
import { commonSettings } from '../role.ts';

export const dockerProxyRules = z.strictObject({
  /** `handshake`: HEAD and GET /_ping and GET /version, nothing else. */
  profile: z.enum(['handshake']).default('handshake'),
  limits: z
    .strictObject({
      headerBytesMax: z.int().positive().default(limits.headerBytesMax),
      headerTimeoutMs: z.int().positive().default(limits.headerTimeoutMs),
      connectionsMax: z.int().positive().default(64),
      /** Of one answer of the daemon; a larger one is refused whole. */
      answerBytesMax: z
        .int()
        .positive()
        .default(256 * 1024),
      answerTimeoutMs: z.int().positive().default(10_000),
    })
    .prefault({}),
});

export const dockerProxySettings = z.strictObject({
  ...commonSettings,
  listen: z.array(listenerSchema).min(1),
  docker: addressText,
  ...dockerProxyRules.shape,
});

export type DockerProxyRules = z.infer<typeof dockerProxyRules>;
export type DockerProxySettings = z.infer<typeof dockerProxySettings>;
