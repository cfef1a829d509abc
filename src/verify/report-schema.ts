// The report as JSON, strictly: what `--json` promises, and what is believed of a file that is read
// back to compare with or to check.

import * as z from 'zod';
import { ClincherError } from '../kit/error.ts';
import type { Report, State, Verdict, Via } from './model.ts';

const states = ['open', 'denied', 'down', 'absent', 'unknown'] as const satisfies State[];
const verdicts = ['as-declared', 'difference', 'outside'] as const satisfies Verdict[];
const vias = [
  ...['unix', 'abstract', 'tcp4', 'tcp6', 'udp4', 'udp6', 'icmp', 'dns', 'http', 'file', 'write'],
  ...['mount', 'secret', 'listener', 'rights', 'process', 'attack'],
] as Via[];

/** Longer ones are cut where rows are made; a file with more was not written by us. */
const rowsMax = 100_000;
const text = z.string().max(8_192);
const place = z.strictObject({ file: text, line: z.int().min(0), column: z.int().min(0) });
const host = z.enum(['app', 'monitor']);

const row = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{15}$/),
  at: place,
  from: text,
  to: text,
  via: z.enum(vias),
  what: text,
  declared: z.strictObject({ by: text, at: place }).nullable(),
  observed: z.enum(states),
  deniedBy: text.nullable(),
  verdict: z.enum(verdicts),
  evidence: text,
  fix: text.nullable(),
  attack: z.strictObject({ class: text, property: text, wanted: text }).optional(),
});

const map = z.strictObject({
  zones: z.array(z.strictObject({ name: text, host, internal: z.boolean(), at: place })),
  services: z.array(z.strictObject({ name: text, host, zones: z.array(text), at: place })),
  externals: z.array(
    z.strictObject({
      name: text,
      kind: z.enum(['client', 'internet', 'host-resource']),
      host: host.nullable(),
      at: place,
    }),
  ),
  edges: z.array(
    z.strictObject({
      ...{ id: text, from: text, to: text, port: text, zone: text, purpose: text, at: place },
      protocol: z.enum(['http', 'https', 'connect', 'docker-api', 'redis', 'tcp']),
      paths: z.array(text).optional(),
      hosts: z.array(text).optional(),
    }),
  ),
});

const reportShape = {
  version: z.literal(1),
  exitCode: z.union([z.literal(0), z.literal(1)]),
  topologyHash: z.string().regex(/^[0-9a-f]{64}$/),
  driver: z.enum(['embedded', 'docker', 'swarm']),
  startedAt: z.iso.datetime(),
  durationMs: z.int().min(0),
  services: z.array(text),
  counts: z.strictObject({
    difference: z.int().min(0),
    outside: z.int().min(0),
    'as-declared': z.int().min(0),
  }),
  map,
  rows: z.array(row).max(rowsMax),
};

const signature = z.strictObject({
  algorithm: z.literal('ed25519'),
  /** SubjectPublicKeyInfo, Base64. */
  publicKey: z.base64().max(256),
  /** Over the canonical JSON of all the rest, Base64. */
  value: z.base64().max(256),
});

export const signedReportSchema = z.strictObject({ ...reportShape, signature });

export interface SignedReport extends Report {
  readonly signature: z.infer<typeof signature>;
}

/** For docs/reference. */
export function reportJsonSchemaText(): string {
  const title = 'What `clincher verify --json` prints';
  const { $schema, ...rest } = z.toJSONSchema(signedReportSchema);
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}

/** @throws ClincherError `report-invalid` with the first thing that is not as it should be */
export function readReport(json: string, name: string): SignedReport {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw invalid(name, 'it is not JSON', cause);
  }
  const parsed = signedReportSchema.safeParse(value);
  if (parsed.success) return parsed.data as SignedReport;
  const [first] = parsed.error.issues;
  throw invalid(name, `${first?.path.join('.') || 'it'}: ${first?.message}`, parsed.error);
}

export function invalid(name: string, why: string, cause?: unknown): ClincherError {
  return new ClincherError('report-invalid', `${name} is no report of clincher verify: ${why}`, {
    fix: 'Give what "clincher verify --json" or "--html FILE" has written.',
    cause,
  });
}
