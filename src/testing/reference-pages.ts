// The pages of docs/reference, made from the lists in the code, and the schema file for editors.

import { checks } from '../check/index.ts';
import { knownProviders } from '../config/known-providers.ts';
import { configJsonSchema, configJsonSchemaText, schemaFile } from '../config/schema-json.ts';
import { hostItems } from '../hardening/index.ts';
import { codes, exitCodes } from '../kit/codes.ts';
import { ingressLacks, ingressProperties } from '../policy/ingress-programs.ts';
import { reasons } from '../policy/reasons.ts';
import { litellmAbsent, litellmMetrics, litellmNone } from '../roles/llm/litellm/metric-list.ts';
import { stackChecks } from '../stacks/index.ts';
import { metricMeanings, metricNames } from '../telemetry/names.ts';
import { reportJsonSchemaText } from '../verify/report-schema.ts';
import { translationTables } from './llm-translation/table.ts';

/** Path from the root of the checkout to content. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    [schemaFile, configJsonSchemaText()],
    ['docs/reference/config.md', configPage()],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/findings.md', findingsPage()],
    ['docs/reference/ingress-programs.md', ingressProgramsPage()],
    ['docs/reference/litellm-metrics.md', litellmPage()],
    ['docs/reference/llm-translation.md', translationPage()],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/reasons.md', reasonsPage()],
    ['docs/reference/verify-report.schema.json', reportJsonSchemaText()],
  ]);
}

function errorsPage(): string {
  const rows = Object.entries(codes).map(([code, [kind, meaning]]) => [
    `\`${code}\``,
    String(exitCodes[kind]),
    meaning,
  ]);
  return page(
    'Errors',
    'Every error that ends a command has one of these codes. Exit codes: 0 fine, 1 the answer is ' +
      'no, 2 wrong input, 3 the environment, 70 a bug in clincher.',
    table(['Code', 'Exit', 'Meaning'], sorted(rows)),
  );
}

function reasonsPage(): string {
  const rows = Object.entries(reasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]);
  return page(
    'Reasons',
    'Every decision of a role carries one of these reasons: in its record, as a label of ' +
      '`clincher_decisions_total`, and for a request that was refused in the header ' +
      '`x-clincher-reason`.',
    table(['Reason', 'Meaning'], sorted(rows)),
  );
}

function ingressProgramsPage(): string {
  const programs = Object.values(ingressLacks);
  const rows = Object.entries(ingressProperties).map(([property, what]) => [
    `\`${property}\``,
    what,
    'yes',
    ...programs.map((lacks) => {
      const lack = lacks[property as keyof typeof ingressProperties];
      if (lack === undefined) return 'yes';
      return lack.before === undefined
        ? `no: ${lack.why}`
        : `from ${lack.before} on; before it: ${lack.why}`;
    }),
  ]);
  return page(
    'Programs of the ingress',
    'What each of them does, from the same settings. The tests ask each for every row, and a row ' +
      'that says no has to fail.',
    table(['Name', 'What', 'clincher', ...Object.keys(ingressLacks)], rows),
  );
}

function metricsPage(): string {
  const rows = Object.entries(metricNames).map(([key, name]) => [
    `\`${name}\``,
    metricMeanings[key as keyof typeof metricNames],
  ]);
  return page(
    'Metrics',
    'What the roles count, in the text format of Prometheus. The ingress serves the sum of all ' +
      'roles under `/metrics` to who holds the metrics token.',
    table(['Metric', 'Meaning'], sorted(rows)),
  );
}

function litellmPage(): string {
  const exact = Object.entries(litellmMetrics).map(([name, { type, unit, labels }]) => [
    ...[`\`${name}\``, type, unit, labels.map((label) => `\`${label}\``).join(', ')],
  ]);
  const absent = Object.entries(litellmAbsent).flatMap(([why, names]) =>
    names.map((name) => [`\`${name}\``, why]),
  );
  return page(
    "LiteLLM's names of metrics",
    'With `monitoring: { litellmNames: true }`, and where a LiteLLM config.yaml has ' +
      '`callbacks: [prometheus]`, the model proxy counts under these names, too: name, type, ' +
      'labels, buckets and unit are as in LiteLLM 1.106.2. Of a label that clincher has nothing ' +
      `to say for the value is \`${litellmNone}\`, as there; \`api_key_alias\` is the name of the ` +
      'virtual key, and no address and no hash is ever said. On the page that the role `metrics` ' +
      'serves the labels that could say who asked are left out.',
    `${table(['Metric', 'Type', 'Unit', 'Labels'], sorted(exact))}
## Not there

${table(['Metric', 'Why'], sorted(absent))}`,
  );
}

function translationPage(): string {
  const [conversations, embeddings] = translationTables();
  return page(
    'Translation between model APIs',
    'Where a model does not speak the API of the client, requests and answers are translated: ' +
      "`chat` is OpenAI's chat completions, `responses` its Responses API, `completions` the older " +
      "one whose prompt is taken as what a user says, `messages` Anthropic's, `generate` " +
      "Gemini's own. *kept*: the provider is asked for the same. " +
      '*dropped*: the request goes without it, and the path is named in the header ' +
      '`x-clincher-dropped`. *refused*: the answer would be another one, so the request is refused ' +
      'with status 400. An empty cell: the API has no word for it. Fields that are not known are ' +
      'dropped and named. Where client and model speak the same API nothing is translated and ' +
      'every byte goes through.',
    `${table(conversations.heads, conversations.rows)}
\`POST /v1/messages/count_tokens\` is asked of the provider's own count: of Gemini's
\`countTokens\`, of OpenAI's \`/v1/responses/input_tokens\`. Where a provider has none, or its count
fails, the answer is an estimate from the bytes, and the header \`x-clincher-token-count: estimated\`
says so.

\`POST /v1/embeddings\` is put into Cohere's and Voyage's own words; others are asked in OpenAI's.

${table(embeddings.heads, embeddings.rows)}`,
  );
}

function findingsPage(): string {
  type Item = Pick<(typeof checks)[number], 'id' | 'invariant' | 'because'>;
  const section = ({ id, invariant, because }: Item) =>
    `## ${id}\n\n${invariant}\n\nWhy: ${because}\n`;
  const ofStacks =
    'Those that begin with `stack-` are of a stack that clincher did not make: ' +
    '`clincher check --compose FILE` finds them.\n';
  const ofHost =
    'Those that begin with `host-` are of the machine: `clincher host check` finds them.\n';
  return page(
    'Findings',
    '`clincher check` holds the declared topology against these invariants, all of them in one ' +
      'run. A fatal finding makes its exit code 1; a warning does not.',
    [
      ...checks.map(section),
      ...[ofStacks, ...stackChecks.map(section)],
      ...[ofHost, ...hostItems.map(section)],
    ].join('\n'),
  );
}

interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

function configPage(): string {
  const root = configJsonSchema() as SchemaNode;
  const sections = Object.entries(root.properties ?? {}).map(([name, node]) => {
    const isRequired = root.required?.includes(name) === true;
    const rows = keysOf(node, name);
    const keys = rows.length === 0 ? '' : `\n${table(['Key', 'Value', 'Meaning'], rows)}`;
    const value = rows.length === 0 ? ` Value: ${shownValue(node)}.` : '';
    return `## ${name}\n\n${node.description}${isRequired ? ' Required.' : ''}${value}\n${keys}`;
  });
  return page(
    'clincher.yaml',
    'Every key of the file. A key that is not here is refused, with the nearest one that is. ' +
      'The file is plain YAML 1.2: no anchors, aliases, tags or merge keys. Relative paths are ' +
      'relative to the file. The shortest working file:\n\n' +
      '```yaml\nversion: 1\nproviders:\n  anthropic: { key: env:ANTHROPIC_API_KEY }\n' +
      'budget: { usd: 20, per: day }\n```',
    `${sections.join('\n')}\n${providersSection()}`,
  );
}

function providersSection(): string {
  const rows = Object.entries(knownProviders).map(([name, { dialect, baseUrl, defaultModel }]) => [
    `\`${name}\``,
    `\`${baseUrl}\``,
    `\`${dialect}\``,
    defaultModel === null ? 'none: write `models`' : `\`${defaultModel}\``,
  ]);
  const head = ['Name', '`baseUrl`', '`dialect`', 'Default model'];
  return `## Known providers\n\nThese need a key and nothing else.\n\n${table(head, rows)}`;
}

/** The keys below a node, as rows; `NAME` stands for a name of the user's, `[]` for a list. */
function keysOf(node: SchemaNode, path: string): string[][] {
  const below = Object.entries(node.properties ?? {}).flatMap(([key, inner]) => {
    const needed = node.required?.includes(key) === true ? ' Required.' : '';
    const meaning = `${inner.description ?? ''}${needed}`;
    return [
      [`\`${path}.${key}\``, shownValue(inner), meaning],
      ...keysOf({ ...inner }, `${path}.${key}`),
    ];
  });
  const { additionalProperties: named, items } = node;
  if (typeof named === 'object') {
    // A map of lists or texts has no keys of its own to tell.
    below.push(...keysOf(named, `${path}.NAME`));
  }
  if (items !== undefined) below.push(...keysOf(items, `${path}[]`));
  for (const one of node.anyOf ?? []) {
    for (const row of keysOf(one, path)) {
      // A list of what may also stand alone has the same keys.
      const alone = row[0]?.replace(`${path}[]`, path);
      if (!below.some(([key]) => key === alone)) below.push(row);
    }
  }
  return below;
}

function shownValue(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((one) => `\`${one}\``).join(', ');
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(shownValue))].join(', or ');
  if (node.type === 'array') return `list of ${shownValue(node.items ?? {})}`;
  if (node.type === 'string') return 'text';
  if (node.type === 'boolean') return '`true`, `false`';
  if (node.type === 'object') {
    const { additionalProperties: named } = node;
    return typeof named === 'object' ? `map of names to ${shownValue(named)}` : 'map';
  }
  return node.type === 'integer' ? 'whole number' : (node.type ?? '');
}

function page(title: string, intro: string, body: string): string {
  const note = '<!-- Made by scripts/reference.ts from the lists in the code. -->';
  return `# ${title}\n\n${note}\n\n${intro}\n\n${body}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

function sorted(rows: readonly string[][]): readonly string[][] {
  return rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
}
