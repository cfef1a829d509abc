// Many services' metrics as one exposition: each sample marked with the service it came from, each
// family said once, and no label that could tell who asked, with which key, or for what.

import {
  type Family,
  type MetricType,
  parseExposition,
  type Sample,
} from '../../policy/exposition.ts';
import { metricNames } from '../../telemetry/names.ts';

export interface Scraped {
  readonly service: string;
  /** Exposition text, or null when the service did not answer. */
  readonly text: string | null;
}

export interface Merged {
  readonly text: string;
  readonly refusedLines: ReadonlyMap<string, number>;
}

/**
 * Labels that may leave: closed sets of clincher's own, and what the process metrics of prom-client
 * need.
 */
const labelsAllowed = new Set([
  ...['role', 'caller', 'verdict', 'reason', 'direction', 'le', 'quantile', 'model', 'provider'],
  ...['deployment', 'by', 'end', 'outcome', 'right'],
  // LiteLLM's, where it is said that its names shall be there.
  ...['requested_model', 'model_id', 'model_group', 'api_provider', 'litellm_model_name', 'route'],
  ...['status_code', 'exception_status', 'exception_class'],
  ...['dialect', 'window', 'status', 'kind', 'result', 'class', 'type', 'space', 'version'],
]);
/** What only the collector itself may say. */
const namesReserved: ReadonlySet<string> = new Set([
  metricNames.up,
  metricNames.scrapeSeconds,
  metricNames.scrapeRefusedLines,
]);
/** What the host notes, by way of metrics; whoever is scraped does not say it. */
const hostNames: ReadonlySet<string> = new Set([
  metricNames.certificateEnds,
  metricNames.verifyTime,
  metricNames.verifySeconds,
  metricNames.verifyRows,
  metricNames.verifyDifferences,
  metricNames.verifyDrift,
  metricNames.backupTime,
]);
export const hostService = 'host';
const samplesMax = 2_000;
/** Of all together: less than what Prometheus takes at once, or it would take nothing. */
export const seriesMax = 15_000;

export function mergeExpositions(scraped: readonly Scraped[]): Merged {
  const families = new Map<
    string,
    { type: MetricType; help: string; lines: Map<string, string> }
  >();
  const refusedLines = new Map<string, number>();
  let series = 0;
  const refuse = (service: string, count: number) =>
    refusedLines.set(service, (refusedLines.get(service) ?? 0) + count);
  for (const { service, text } of scraped) {
    const parsed = parseExposition(text ?? '', samplesMax);
    refuse(service, parsed.refusedLines);
    for (const family of parsed.families) {
      const known = families.get(family.name);
      const clash = known !== undefined && known.type !== family.type;
      const isOthers =
        namesReserved.has(family.name) || hostNames.has(family.name) !== (service === hostService);
      if (clash || isOthers || shadows(family, families)) {
        refuse(service, family.samples.length);
        continue;
      }
      const { lines } = known ?? addFamily(families, family);
      const before = lines.size;
      const room = seriesMax - series;
      for (const sample of family.samples) {
        if (!add(lines, sample, service, before + room)) refuse(service, 1);
      }
      series += lines.size - before;
    }
  }
  return { text: write(families), refusedLines };
}

type Families = Map<string, { type: MetricType; help: string; lines: Map<string, string> }>;

function addFamily(families: Families, { name, type, help }: Family) {
  const added = { type, help, lines: new Map<string, string>() };
  families.set(name, added);
  return added;
}

/**
 * A family `x_count` of one service beside a histogram x of another would be read as one metric.
 */
function shadows(family: Family, families: Families): boolean {
  const base = family.name.replace(/_(bucket|sum|count)$/, '');
  const parent = base === family.name ? undefined : families.get(base)?.type;
  if (parent === 'histogram' || parent === 'summary') return true;
  if (family.type !== 'histogram' && family.type !== 'summary') return false;
  return ['_bucket', '_sum', '_count'].some((suffix) => families.has(family.name + suffix));
}

/**
 * False when there is no room for it. Two that differed only in a label that was dropped are one
 * series, their sum; quantiles have none.
 */
function add(
  lines: Map<string, string>,
  sample: Sample,
  service: string,
  linesMax: number,
): boolean {
  const labels = [...sample.labels]
    .filter(([label]) => labelsAllowed.has(label))
    .map(([label, value]) => [label, plain(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [['service', plain(service)] as const, ...labels].map(([k, v]) => `${k}="${v}"`);
  const series = `${sample.name}{${parts.join(',')}}`;
  const before = lines.get(series);
  if (before === undefined) {
    if (lines.size >= linesMax) return false;
    lines.set(series, sample.value);
    return true;
  }
  if (sample.labels.has('quantile')) return false;
  const sum = numberOf(before) + numberOf(sample.value);
  lines.set(series, textOf(sum));
  return true;
}

/** Names and codes pass; anything that could carry a sentence or a secret does not. */
function plain(value: string): string {
  return /^[A-Za-z0-9_.:/+*-]{0,64}$/.test(value) ? value : 'other';
}

function numberOf(text: string): number {
  const infinite = /^([+-]?)inf$/i.exec(text);
  return infinite === null ? Number(text) : infinite[1] === '-' ? -Infinity : Infinity;
}

function textOf(value: number): string {
  return Number.isFinite(value) || Number.isNaN(value)
    ? String(value)
    : value > 0
      ? '+Inf'
      : '-Inf';
}

function write(families: Families): string {
  const blocks = [...families]
    .filter(([, { lines }]) => lines.size > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { type, help, lines }]) => {
      const head = [`# HELP ${name} ${safeHelp(help)}`, `# TYPE ${name} ${type}`];
      return [...head, ...[...lines].map(([series, value]) => `${series} ${value}`)].join('\n');
    });
  return blocks.length === 0 ? '' : `${blocks.join('\n')}\n`;
}

/** Help is free text: only what our own texts need, so that it carries nothing else out. */
function safeHelp(help: string): string {
  return help
    .replace(/[^A-Za-z0-9 .,:;/()'-]/g, ' ')
    .slice(0, 200)
    .trimEnd();
}
