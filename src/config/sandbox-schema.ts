// The section `sandbox` of the user's file: where the agent's tools run and what each sandbox is
// made like.

import * as z from 'zod';
import { sandboxProfiles } from '../topology/model.ts';
import { sandboxBackends } from '../topology/options.ts';

const mebibyte = 1024 * 1024;

/** A path inside a sandbox or a jail, in its one plain form. */
const insideText = z
  .string()
  .max(512)
  .regex(/^\/(?:[\w.@+-]+\/)*[\w.@+-]+$/, {
    error: 'must be an absolute path of letters, digits and ._@+- between single slashes',
  })
  .refine((path) => !/(?:^|\/)\.{1,2}(?:\/|$)/.test(path), {
    error: 'must not have . or .. in it',
  });

const memoryText = z.string().regex(/^[1-9][0-9]{0,5}[mg]$/, {
  error: 'must be a size in mebibytes or gibibytes: 512m or 2g',
});

/** `512m`, `2g`. */
export function memoryBytes(text: string): number {
  return Number(text.slice(0, -1)) * (text.endsWith('g') ? 1_024 : 1) * mebibyte;
}

export const bindSchema = z.strictObject({
  source: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[^\x00-\x1f\x7f:,]+$/, { error: 'must be a path without colons and commas' })
    .describe("A folder of the agent's, relative to its workspace."),
  target: insideText.describe('Where it is in a sandbox.'),
  readOnly: z.boolean().optional().describe('Whether tools only read it; true when left out.'),
});

export const sandboxCallSchema = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']).describe('Of the request.'),
  path: z
    .string()
    .max(512)
    .regex(/^\/[^\s?#]+$/, { error: 'must be a path of the Docker API, without a query' })
    .describe(
      'The whole path, without a version: `/containers/{container}/logs`, or a name in the place ' +
        'of the braces.',
    ),
  query: z
    .array(z.string().min(1).max(64))
    .max(32)
    .optional()
    .describe('Query parameters that may be there; none when left out.'),
  body: z
    .union([
      z.enum(['none', 'template']),
      z.record(
        z.string(),
        z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).min(1),
      ),
    ])
    .optional()
    .describe(
      '`none`, also when left out. `template`: like this section says. Or the values that each ' +
        'field may have, fields of fields joined by dots.',
    ),
  unsafeUnscoped: z
    .boolean()
    .optional()
    .describe('Also on what the agent did not create. A finding of `clincher check`.'),
});

export const sandboxSchema = z.strictObject({
  backend: z
    .enum(sandboxBackends)
    .optional()
    .describe(
      '`ssh`: jails of a service of ours. `docker`: containers, through docker-proxy. `none`: ' +
        "in the agent's own jail, beside its memory.",
    ),
  memory: memoryText.optional().describe('Of each sandbox; `1g` when left out.'),
  cpus: z
    .number()
    .positive()
    .max(256)
    .optional()
    .describe('Processors of each sandbox; 1 when left out.'),
  pids: z
    .int()
    .min(8)
    .max(32_768)
    .optional()
    .describe('Processes and threads of each sandbox; 256 when left out.'),
  user: z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,8}):(?:0|[1-9][0-9]{0,8})$/, {
      error: 'must be user and group by number: "1000:1000"',
    })
    .optional()
    .describe('Who containers run as, by number; whoever runs clincher when left out.'),
  network: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/, {
      error: 'must be `none` or the name of a network',
    })
    .optional()
    .describe('`none`, also when left out. Any other is a finding of `clincher check`.'),
  tmpfs: z
    .array(insideText)
    .max(16)
    .optional()
    .describe('Folders that are memory; `/tmp`, `/var/tmp` and `/run` when left out.'),
  binds: z
    .array(bindSchema)
    .max(32)
    .optional()
    .describe("For `docker`: folders of the agent's workspace at further places."),
  socket: z
    .string()
    .regex(/^\/[^\x00-\x1f\x7f]{1,106}$/, { error: 'must be an absolute path' })
    .optional()
    .describe("For `docker`: the daemon's socket; `/var/run/docker.sock` when left out."),
  profile: z
    .enum(sandboxProfiles)
    .optional()
    .describe(
      'For `docker`: which calls go through. `sandbox`, also when left out: make containers like ' +
        'this section says, use and remove them. `exec-only`: use those that are there. `observe`: ' +
        'look. `custom`: the `calls`.',
    ),
  calls: z
    .array(sandboxCallSchema)
    .min(1)
    .max(256)
    .optional()
    .describe('For `profile: custom`: every call that goes through; no other does.'),
  image: z
    .string()
    .regex(/^[a-z0-9][a-zA-Z0-9._/:@-]{0,254}$/, { error: 'must be an image reference' })
    .optional()
    .describe(
      'For `docker`: what containers are made of; when left out the image `sandbox` that clincher makes, ' +
        "with `driver: embedded` the one that OpenClaw's own script makes.",
    ),
  imageId: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, { error: 'must be sha256: and 64 hexadecimal digits' })
    .optional()
    .describe('For `docker`: what that name must mean: `docker image inspect -f "{{.Id}}" NAME`.'),
});
