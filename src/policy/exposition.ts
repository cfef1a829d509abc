// Reads Prometheus exposition text (version 0.0.4) that a service wrote, line by line, trusting
// none of it: a service may be taken over, and what it writes here is carried to another machine.

export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** As written: `1`, `0.5`, `+Inf`, `NaN`. */
  readonly value: string;
}

export interface Family {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export type MetricType = (typeof metricTypes)[number];
export const metricTypes = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const;

export interface Parsed {
  readonly families: readonly Family[];
  /** Lines that are not exposition text, or beyond the bound on samples; dropped. */
  readonly refusedLines: number;
}

/** Never throws. Format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function parseExposition(text: string, samplesMax: number): Parsed {
  const families = new Map<string, OpenFamily>();
  let refusedLines = 0;
  let samples = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '' || /^#(?! (HELP|TYPE) )/.test(line)) continue;
    if (line.startsWith('#')) {
      if (!readComment(line, families)) refusedLines += 1;
      continue;
    }
    const sample = samples < samplesMax ? readSample(line) : null;
    if (sample === null) {
      refusedLines += 1;
      continue;
    }
    samples += 1;
    familyOf(sample.name, families).samples.push(sample);
  }
  return { families: [...families.values()].filter((f) => f.samples.length > 0), refusedLines };
}

interface OpenFamily {
  name: string;
  type: MetricType;
  help: string;
  samples: Sample[];
}

const namePattern = '[a-zA-Z_:][a-zA-Z0-9_:]{0,127}';
const commentPattern = new RegExp(`^# (HELP|TYPE) (${namePattern}) ?(.*)$`);
// Each run of blanks can be read in one way only, so that no line costs more than its length.
const samplePattern = new RegExp(
  `^(${namePattern})(?:[ \\t]*\\{(.*)\\}[ \\t]*|[ \\t]+)([^ \\t{}"]+)(?:[ \\t]+-?[0-9]{1,16})?[ \\t]*$`,
);
const valuePattern =
  /^(?:[+-]?(?:Inf|inf)|NaN|[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?)$/;
const labelPattern =
  /[ \t]*([a-zA-Z_][a-zA-Z0-9_]{0,127})[ \t]*=[ \t]*"((?:[^"\\\n]|\\[\\"n])*)"[ \t]*(,|$)/y;

function readComment(line: string, families: Map<string, OpenFamily>): boolean {
  const match = commentPattern.exec(line);
  const [, kind, name, rest] = match ?? [];
  if (name === undefined || rest === undefined) return false;
  const family = families.get(name) ?? open(name, families);
  // Only before the first sample, and once: a later type would change what was already read.
  if (family.samples.length > 0) return false;
  if (kind === 'HELP') family.help = rest.slice(0, 300);
  else if (isMetricType(rest) && family.type === 'untyped') family.type = rest;
  else return false;
  return true;
}

function readSample(line: string): Sample | null {
  const [, name, labelText, value] = samplePattern.exec(line) ?? [];
  if (name === undefined || value === undefined || !valuePattern.test(value)) return null;
  const labels = new Map<string, string>();
  labelPattern.lastIndex = 0;
  const source = labelText ?? '';
  while (source.slice(labelPattern.lastIndex).trim() !== '') {
    const [, label, text] = labelPattern.exec(source) ?? [];
    if (label === undefined || text === undefined || labels.has(label) || labels.size >= 32)
      return null;
    labels.set(
      label,
      text.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped)),
    );
  }
  return { name, labels, value };
}

/** `x_bucket` belongs to the histogram x, when x was declared one. */
function familyOf(sample: string, families: Map<string, OpenFamily>): OpenFamily {
  const own = families.get(sample);
  if (own !== undefined) return own;
  const base = sample.replace(/_(bucket|sum|count)$/, '');
  const parent = families.get(base);
  const suffix = sample.slice(base.length);
  if (parent?.type === 'histogram' && suffix !== '') return parent;
  if (parent?.type === 'summary' && (suffix === '_sum' || suffix === '_count')) return parent;
  return open(sample, families);
}

function open(name: string, families: Map<string, OpenFamily>): OpenFamily {
  const family: OpenFamily = { name, type: 'untyped', help: '', samples: [] };
  families.set(name, family);
  return family;
}

function isMetricType(text: string): text is MetricType {
  return (metricTypes as readonly string[]).includes(text);
}
