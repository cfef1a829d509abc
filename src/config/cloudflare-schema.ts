// The part `ingress.cloudflare` of the user's file: what is to be so at Cloudflare.

import * as z from 'zod';
import { domainText, ipText, nameText, secretReference } from './fields.ts';

const seconds = z.int().min(1).max(86_400);

export const cloudflareRuleSchema = z.strictObject({
  name: nameText.describe('Ours alone are changed: the rule is called `clincher_NAME` there.'),
  expression: z
    .string()
    .regex(/^[\x20-\x7e]{1,3800}$/, { error: 'must be one line of plain characters' })
    .describe("In Cloudflare's rules language; it is put behind `this host and`."),
  action: z
    .enum(['block', 'managed_challenge', 'js_challenge', 'log'])
    .describe('What is done with a request that it matches.'),
});

export const cloudflareSchema = z.strictObject({
  token: secretReference
    .optional()
    .describe('An API token, of which no service hears; `store:cloudflare-token` when left out.'),
  zone: domainText
    .optional()
    .describe('The zone that the domain is in; the nearest one the token sees when left out.'),
  addresses: z
    .array(ipText)
    .min(1)
    .max(8)
    .optional()
    .describe('Where Cloudflare finds this machine. This or `tunnel`.'),
  tunnel: nameText
    .optional()
    .describe('The name of a tunnel in place of an open port; `cloudflared` runs beside.'),
  rateLimit: z
    .union([
      z.literal(false),
      z.strictObject({
        requests: z.int().min(1).max(1_000_000).describe('Of one client address.'),
        perSeconds: seconds.describe('The period; a free zone has 10 alone.'),
        blockSeconds: seconds.describe('How long it is refused then; a free zone has 10 alone.'),
      }),
    ])
    .optional()
    .describe('200 requests in 10 s when left out; `false` for none.'),
  rules: z
    .array(cloudflareRuleSchema)
    .max(64)
    .optional()
    .describe('WAF rules of yours for this host, beside the one that clincher has.'),
});
