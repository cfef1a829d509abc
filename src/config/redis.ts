// The section `redis`: over what several instances of llm share budgets, limits and cooldowns.

import * as z from 'zod';
import { type Reader, unknownName } from '../kit/located/reader.ts';
import type { StackOptions } from '../topology/options.ts';
import { domainText, nameText, pathText, portNumber, secretReference } from './fields.ts';
import { secretSource } from './secret-source.ts';

export const redisSchema = z.strictObject({
  service: nameText.optional().describe('A service of your own that it is. This, or `host`.'),
  host: domainText.optional().describe('Where it is: egress lets llm through to it, over TLS.'),
  port: portNumber.optional().describe('At the host; 6379 when left out.'),
  ca: pathText.optional().describe('PEM file with the CA of a host of your own.'),
  password: secretReference
    .optional()
    .describe('Where its password is: `env:NAME`, `file:PATH` or `store:NAME`.'),
  instance: nameText.describe('This one among those that share: its own, and always the same.'),
  instances: z
    .int()
    .min(1)
    .max(64)
    .describe('How many share. Until all have said what they spent, nothing more may be.'),
  timeoutMs: z.int().min(1).max(10_000).optional().describe('Of one question to it; 100.'),
  whenGone: z
    .union([z.literal('refuse'), z.number().gt(0).lt(1)])
    .optional()
    .describe(
      '`refuse`, also when left out: nothing that costs, while it is gone. Or a share of every ' +
        'budget that is kept back for then, of which each instance may spend its equal part.',
    ),
});

export function readRedis(
  reader: Reader,
  ownServices: readonly string[],
  resolve: (path: string) => string,
): Pick<StackOptions, 'redis'> {
  const section = reader.readMap(['redis'], redisSchema);
  if (section === undefined) return {};
  const { service, host, port = 6_379, ca, password, instance, instances } = section;
  if ((service === undefined) === (host === undefined)) {
    reader.add(['redis'], 'needs `service` or `host`, and not both');
  }
  for (const key of service === undefined ? [] : ['port', 'ca']) {
    if (reader.valueAt(['redis', key]) === undefined) continue;
    reader.add(['redis', key], 'has no use beside `service`: an edge leads to it');
  }
  // That of the reference preset is there without being declared.
  const known =
    reader.valueAt(['preset']) === 'reference' ? ['redis', ...ownServices] : ownServices;
  if (service !== undefined && !known.includes(service)) {
    reader.add(['redis', 'service'], unknownName('service', service, known));
  }
  if (instance === undefined || instances === undefined) return {};
  const { timeoutMs, whenGone } = section;
  return {
    redis: {
      where:
        service === undefined
          ? { host: host ?? '', port, caFile: ca === undefined ? null : resolve(ca) }
          : { service },
      password: password === undefined ? null : secretSource(password, resolve),
      ...{ instance, instances },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(whenGone === undefined ? {} : { whenGone }),
      at: reader.document.declaredAt(['redis']),
    },
  };
}
