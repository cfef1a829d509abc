// The section `ingress` in the user's file: where people come in, with which certificate, and what
// is bounded of what they send.

import * as z from 'zod';
import { ingressPrograms } from '../roles/ingress/settings.ts';
import { cloudflareSchema } from './cloudflare-schema.ts';
import {
  baseUrlText,
  domainText,
  listenText,
  originText,
  pathText,
  secretReference,
} from './fields.ts';
import { ingressLimitsSchema, ingressRateSchema } from './ingress-limits.ts';

const acmeSchema = z.strictObject({
  directory: z
    .union([z.enum(['letsencrypt', 'letsencrypt-staging']), baseUrlText])
    .optional()
    .describe(
      'The CA: `letsencrypt`, also when left out, `letsencrypt-staging`, or the https address of ' +
        'the ACME directory of another. Its terms are accepted by naming it.',
    ),
  ca: pathText
    .optional()
    .describe('PEM file of the CA behind the directory itself, where no public one signed it.'),
  email: z
    .email({ error: 'must be an e-mail address' })
    .max(254)
    .optional()
    .describe('Where the CA may write to; nobody when left out.'),
  eab: z
    .strictObject({
      kid: z
        .string()
        .regex(/^[\x21-\x7e]{1,256}$/, { error: 'must be the identifier that the CA gave you' })
        .describe('The identifier of the key, as the CA gave it.'),
      key: secretReference.describe('Where the key itself is, in base64url as the CA gave it.'),
    })
    .optional()
    .describe(
      'External account binding, for a CA that knows its customers (ZeroSSL, Google): the key that ' +
        'binds the account made here to yours there; none when left out.',
    ),
  challenge: z
    .enum(['http-01', 'dns-01'])
    .optional()
    .describe(
      'How the CA is shown that the name is yours: `http-01` over `plainListen`, `dns-01` by a record ' +
        'at Cloudflare; the second where `cloudflare` is there, else the first.',
    ),
  token: secretReference
    .optional()
    .describe(
      'For `dns-01`: an API token of Cloudflare, of which no service hears; that of `cloudflare`, or ' +
        '`store:cloudflare-token` when left out.',
    ),
  zone: domainText
    .optional()
    .describe('For `dns-01`: the zone that the name is in; found when left out.'),
});

export const ingressProgramName = z.enum(ingressPrograms);

export const ingressSchema = z.strictObject({
  program: ingressProgramName
    .optional()
    .describe(
      'What does the work; our own server when left out. `ingress: nginx` is short for this alone.',
    ),
  listen: listenText
    .optional()
    .describe('The listening socket for TLS; `127.0.0.1:8443` when left out.'),
  plainListen: listenText
    .optional()
    .describe(
      "A second one without TLS, for a CA's question and to lead everybody else to https. Port 80 " +
        'beside `listen` where `http-01` needs it; none when left out.',
    ),
  origin: originText
    .optional()
    .describe('What people type; `https://localhost:8443` when left out.'),
  domain: domainText
    .optional()
    .describe('Short for `origin: https://DOMAIN`, behind a CDN or on port 443.'),
  tls: z
    .union([
      z.literal(['local', 'cloudflare', 'acme']),
      z.strictObject({
        cert: pathText.optional().describe('PEM file with the certificate chain; with `key`.'),
        key: pathText.optional().describe('PEM file with the private key.'),
        acme: acmeSchema
          .optional()
          .describe('A public CA, in the place of files; `tls: acme` is all of it left out.'),
      }),
    ])
    .optional()
    .describe(
      '`local`, also when left out: from a CA that clincher makes on first start. `cloudflare`: one ' +
        'that `clincher cloudflare apply` has signed by it. `acme`: one that a public CA signs, ' +
        'ordered and renewed by itself. Or your files.',
    ),
  scriptHosts: z
    .array(domainText)
    .min(1)
    .max(16)
    .optional()
    .describe(
      "Whose scripts a page may take beside its own host's, where its service says so as well: " +
        "`telegram.org` for OpenClaw's Mini App. Nobody's when left out.",
    ),
  limits: ingressLimitsSchema.optional(),
  rate: ingressRateSchema.optional(),
  cloudflare: cloudflareSchema
    .optional()
    .describe('Cloudflare in front: nobody else may connect. Needs `domain`.'),
});
