// The section `agent`: which program it is, how it asks for models, and what it is told in its own
// words.

import * as z from 'zod';
import { agentApis } from '../topology/model.ts';
import { modelText, pathText } from './fields.ts';

export const agentSchema = z.strictObject({
  program: z
    .literal('openclaw')
    .optional()
    .describe('The agent that runs, unmodified; OpenClaw is the one there is.'),
  version: z
    .string({ error: 'must be a version in quotes, for example "2026.9.6"' })
    .regex(/^[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}(?:-[0-9a-z.]{1,20})?$/, {
      error: 'must be an exact version, for example "2026.9.6"',
    })
    .optional()
    .describe('Its exact version; the one clincher was tried with when left out.'),
  apis: z
    .record(modelText, z.enum(agentApis))
    .optional()
    .describe(
      'By model: the API the agent asks for it in; what its first provider speaks when left out.',
    ),
  ca: pathText
    .optional()
    .describe('PEM file with the CA of hosts of your own that the agent itself asks, over egress.'),
  settings: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      "OpenClaw's own settings, as in its openclaw.json: channels, agents, messages, tools and " +
        'more. A secret is a reference. What the stack sets itself is refused by name.',
    ),
});
