// The user's file, strict: every section and key, with the sentence that editors and docs show for
// it. Rules that look at two sections at once are in options.ts.

import * as z from 'zod';
import { providerKinds } from '../roles/llm/routing/settings.ts';
import { dialects } from '../roles/llm/settings.ts';
import { driverNames } from '../topology/model.ts';
import { agentSchema } from './agent-schema.ts';
import { cacheSchema } from './cache-schema.ts';
import { egressLimitsSchema, egressRuleLimitsSchema } from './egress-limits.ts';
import {
  addressRangeText,
  baseUrlText,
  domainText,
  hostText,
  ipText,
  modelText,
  nameText,
  pathText,
  portNumber,
  proxyText,
  resolverText,
  secretReference,
} from './fields.ts';
import { ingressProgramName, ingressSchema } from './ingress-schema.ts';
import { modelSchema, providerApiNames, routingSchema } from './model-schema.ts';
import {
  alarmsSchema,
  budgetSchema,
  budgetsMax,
  guardsSchema,
  keySchema,
  limitSchema,
} from './money-schema.ts';
import { monitoringSchema } from './monitoring-schema.ts';
import { redisSchema } from './redis.ts';
import { sandboxSchema } from './sandbox-schema.ts';
import { swarmSchema } from './swarm-section.ts';
import { verifySchema } from './verify-section.ts';

const optionText = z.string().regex(/^[!-~]{1,128}$/, {
  error: 'must be 1 to 128 printable characters without spaces',
});

export const providerSchema = z.strictObject({
  key: secretReference
    .optional()
    .describe('Where the API key is: `env:NAME`, `file:PATH` or `store:NAME`. Never the key.'),
  baseUrl: baseUrlText
    .optional()
    .describe('Scheme, host and path; with `/v1` at its end or without. Known providers have one.'),
  dialect: z.enum(dialects).optional().describe('The API it speaks. Known providers have one.'),
  kind: z
    .enum(providerKinds)
    .optional()
    .describe('Whose API it is, for one of your own naming; known names have one.'),
  apis: z
    .array(providerApiNames)
    .min(1)
    .max(8)
    .optional()
    .describe('Which APIs it speaks, the one that others are translated into first.'),
  apiVersion: optionText.optional().describe("Azure OpenAI's `api-version`, for its older paths."),
  organization: optionText.optional().describe("OpenAI's organization."),
  region: optionText.optional().describe('Of Bedrock or Vertex.'),
  project: optionText.optional().describe('Of Vertex.'),
  ca: pathText
    .optional()
    .describe('PEM file with the CA of a provider of your own, beside this file or absolute.'),
});

export const egressRuleSchema = z.strictObject({
  caller: nameText.describe('The service that may reach these hosts: gateway, llm or your own.'),
  hosts: z
    .array(hostText)
    .min(1)
    .max(256)
    .describe('Exact names; `*.example.com` for one label more, `**.example.com` for any number.'),
  ports: z.array(portNumber).min(1).max(64).optional().describe('443 when left out.'),
  mode: z
    .enum(['enforce', 'report', 'open'])
    .optional()
    .describe(
      '`report` lets its caller reach every other host on these ports too and records each; ' +
        '`open` does without; `enforce`, also when left out, does not.',
    ),
  unsafeOpen: z
    .literal(true, { error: 'must be true, and stand beside `mode: open`' })
    .optional()
    .describe('Asks for `mode: open` a second time, which needs it.'),
  serverNames: z
    .array(hostText)
    .max(256)
    .optional()
    .describe('Other server names than the host that TLS may ask for, for names behind one front.'),
  ech: z
    .enum(['refuse', 'allow'])
    .optional()
    .describe('TLS that hides the server name it means (ECH); refused when left out.'),
  plainHttp: z.boolean().optional().describe('Whether plain HTTP requests are forwarded too.'),
  upstreamProxy: proxyText
    .optional()
    .describe('An HTTP proxy (CONNECT) through which these hosts are reached.'),
  limits: egressRuleLimitsSchema.optional(),
});

export const egressSchema = z.strictObject({
  rules: z
    .array(egressRuleSchema)
    .max(256)
    .optional()
    .describe("Beyond the configured providers' hosts, which llm always reaches."),
  globalAllow: z
    .array(hostText)
    .max(256)
    .optional()
    .describe('Hosts that every caller of egress may reach, on port 443.'),
  globalDeny: z
    .array(hostText)
    .max(256)
    .optional()
    .describe('Hosts that nobody may reach, whatever else allows them.'),
  resolvers: z
    .array(resolverText)
    .min(1)
    .max(8)
    .optional()
    .describe("Name servers to ask, by address; the system's when left out."),
  resolve: z
    .record(domainText, z.array(ipText).min(1).max(16))
    .optional()
    .describe('Addresses of names that are answered from here, before the resolver.'),
  denyAddresses: z
    .array(addressRangeText)
    .max(256)
    .optional()
    .describe('Addresses or ranges that are not dialled, public or not; wins over the next.'),
  unsafeAllowAddresses: z
    .array(addressRangeText)
    .max(64)
    .optional()
    .describe('Addresses or ranges that may be dialled though they are not public.'),
  limits: egressLimitsSchema.optional(),
});

export const serviceSchema = z.strictObject({
  zone: nameText.optional().describe('The zone it lives in; `openclaw-net` when left out.'),
  image: z
    .string()
    .regex(/^[a-z0-9][a-zA-Z0-9._/:@-]{0,254}$/, { error: 'must be an image reference' })
    .optional()
    .describe('What runs, as an image. This or `command`, or both.'),
  command: z
    .array(z.string().max(4_096))
    .min(1)
    .max(256)
    .optional()
    .describe('What runs, as a program and its arguments.'),
});

export const edgeSchema = z.strictObject({
  from: nameText.describe('The service that connects.'),
  to: nameText.describe('The service that is connected to.'),
  port: nameText.describe("The callee's port, by name."),
});

/**
 * The sections that hold one entry per name or list item are read entry by entry: see options.ts.
 */
export const configSchema = z
  .strictObject({
    version: z.literal(1, { error: 'must be 1' }).describe('The version of this file format.'),
    preset: z
      .enum(['default', 'reference'])
      .optional()
      .describe('`default`, or `reference`: the upstream images the stack was first drawn with.'),
    driver: z
      .enum(driverNames)
      .optional()
      .describe('What runs the services; `embedded` when left out, jails without root or Docker.'),
    isolation: z
      .enum(['sealed', 'segmented', 'reference'])
      .optional()
      .describe(
        'How an edge exists: a socket, a bridge for two, or the three shared bridges. ' +
          'The strongest that the driver has when left out.',
      ),
    swarm: swarmSchema.optional().describe('The machines of `driver: swarm`.'),
    providers: z
      .record(nameText, providerSchema)
      .describe('Language model providers, by name; the first is the default.'),
    budget: z
      .union([budgetSchema, z.array(budgetSchema).min(1).max(budgetsMax)])
      .optional()
      .describe(
        'What may be spent: one budget, or a list that a call must fit into all of. Without it ' +
          'nothing may be.',
      ),
    limits: z
      .array(limitSchema)
      .max(budgetsMax)
      .optional()
      .describe('How often models may be asked; a call must be within all of them.'),
    keys: z
      .record(nameText, keySchema)
      .optional()
      .describe('Virtual keys: `agent` is there in any case. More are made with `clincher keys`.'),
    guards: guardsSchema.optional().describe('What is looked out for in what the agent asks.'),
    cache: cacheSchema
      .optional()
      .describe('Answers that are kept and given again; none without it.'),
    models: z
      .record(modelText, modelSchema)
      .optional()
      .describe(
        'Model names that the agent can ask for, and where each leads: `PROVIDER/MODEL`, a map, or a ' +
          'list of them. When left out: one, `default`, at the first provider.',
      ),
    routing: routingSchema.optional().describe('How calls find their way, for all models.'),
    alarms: alarmsSchema
      .optional()
      .describe(
        'Who hears of a budget nearly spent, a loop, a blocked key; they are counted anyway.',
      ),
    verify: verifySchema.optional().describe('How often the stack looks at its own isolation.'),
    redis: redisSchema
      .optional()
      .describe('What several instances of llm share budgets, limits and cooldowns over.'),
    agent: agentSchema.optional().describe('The agent.'),
    egress: egressSchema.optional().describe('What may be reached outside.'),
    ingress: z
      .union([ingressProgramName, ingressSchema])
      .optional()
      .describe('How people come in; `nginx` or `caddy` has that program do the work.'),
    sandbox: sandboxSchema.optional().describe("Where the agent's tools run."),
    monitoring: monitoringSchema.optional().describe('The host that looks and cannot touch.'),
    services: z
      .record(nameText, serviceSchema)
      .optional()
      .describe('Services of your own, under the same rules.'),
    edges: z
      .array(edgeSchema)
      .max(10_000)
      .optional()
      .describe('Connections of your own. Nothing is reachable that no edge declares.'),
  })
  .describe('clincher.yaml');

export type ConfigFile = z.infer<typeof configSchema>;
export type ProviderSection = z.infer<typeof providerSchema>;
export type ServiceSection = z.infer<typeof serviceSchema>;
export type EgressSection = z.infer<typeof egressSchema>;
export type IngressSection = z.infer<typeof ingressSchema>;
