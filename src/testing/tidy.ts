// The rules of form that a formatter does not know, as data: each finds its faults in the source
// tree.

import { importsOf, type SourceTree } from './source-tree.ts';

export interface TidyRule {
  readonly name: string;
  readonly faults: (tree: SourceTree) => readonly string[];
  /** Paths it does not hold for, each with the reason. */
  readonly except: Readonly<Record<string, string>>;
}

const linesMax = 300;
/** The formatter breaks code at 100 columns; comments are ours to break. */
const columnsMax = 100;
/** What the formatter cannot break: a text, a pattern. */
const textColumnsMax = 125;

const self = { 'src/testing/tidy.ts': 'its own patterns' };

export const tidyRules: readonly TidyRule[] = [
  perFile('opens with a comment of one to five lines', opening),
  perFile(`has at most ${linesMax} lines`, (_, text) => {
    const lines = text.split('\n').length - 1;
    return lines > linesMax ? [`${lines} lines`] : [];
  }),
  perFile('has no line that is too long', (_, text) =>
    matching(
      text,
      new RegExp(`^(?=\\s*(?://|/?\\*)).{${columnsMax + 1}}|^.{${textColumnsMax + 1}}`),
    ),
  ),
  perFile('is named in kebab-case', (path) =>
    /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/.test(path.split('/').at(-1) ?? '')
      ? []
      : ['its name'],
  ),
  perFile('is not a drawer for anything', (path) =>
    /(?:^|\/)(?:utils?|helpers?|common|manager|misc)(?:\.ts|\/)/.test(path) ? ['its name'] : [],
  ),
  productFile('prints only through cli/output.ts', /\bconsole\.\w+/, {}),
  productFile('reads the environment only in cli/env.ts', /\bprocess\.env\b/, {
    'src/cli/env.ts': 'the one place that does',
    'src/host/programs.ts': 'finds the programs it starts as a shell would',
    'src/drivers/docker/run-in-container.ts': 'its text runs inside a container',
    'src/drivers/embedded/start-supervisor.ts': 'hands on the search path and nothing else',
  }),
  perFile('has no default export', (_, text) => matching(text, /^export default\b/)),
  perFile(
    'leaves nothing for later',
    (_, text) => matching(text, /\b(?:FIXME|TODO|XXX|HACK)\b/),
    self,
  ),
  perFile('says what a type is', (_, text) => matching(text, /(?::|<|\bas|\|)\s*any\b(?!\s*\w)/)),
  perFile('fixes what the linter finds', (_, text) => matching(text, /biome-ignore|@ts-\w+/), self),
  perFile('tests nothing by halves', (path, text) =>
    path.endsWith('.test.ts')
      ? matching(text, /\b(?:test|it|describe)\.(?:only|todo)\(|\b(?:only|todo): true/)
      : [],
  ),
  {
    name: 'is imported by something',
    faults: orphans,
    except: {
      'src/cli/health.ts': 'the health check of a container starts it',
      'src/drivers/embedded/supervise.ts': 'start-supervisor.ts starts it as a process of its own',
    },
  },
];

/** One line for each fault that no exemption covers. */
export function tidyFaults(tree: SourceTree, rules = tidyRules): readonly string[] {
  return rules.flatMap((rule) =>
    rule.faults(tree).filter((fault) => !Object.hasOwn(rule.except, fault.split(':')[0] ?? '')),
  );
}

type FileCheck = (path: string, text: string) => readonly string[];

function perFile(name: string, check: FileCheck, except: TidyRule['except'] = {}): TidyRule {
  return {
    name,
    except,
    faults: (tree) =>
      [...tree].flatMap(([path, text]) =>
        check(path, text).map((what) => `${path}: every file ${name} (${what})`),
      ),
  };
}

/** Holds for the product; tests, scripts and benchmarks run outside it. */
function productFile(name: string, pattern: RegExp, except: TidyRule['except']): TidyRule {
  const isProduct = (path: string) =>
    path.startsWith('src/') && !path.startsWith('src/testing/') && !path.endsWith('.test.ts');
  return perFile(name, (path, text) => (isProduct(path) ? matching(text, pattern) : []), except);
}

function matching(text: string, pattern: RegExp): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`line ${index + 1}`] : []));
}

function opening(_: string, text: string): readonly string[] {
  const lines = text.replace(/^#!.*\n/, '').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  if (end === 0) return ['none'];
  return end > 5 ? [`${end} lines`] : [];
}

/**
 * What nothing imports, starts or runs is dead: tests, scripts and the two programs are where
 * running begins.
 */
function orphans(tree: SourceTree): readonly string[] {
  const begins = (path: string) =>
    !path.startsWith('src/') || path.endsWith('.test.ts') || path === 'src/cli/main.ts';
  const imported = new Set(
    [...tree].flatMap(([path, text]) => importsOf(path, text).filter((target) => target !== path)),
  );
  return [...tree.keys()]
    .filter((path) => !begins(path) && !imported.has(path))
    .map((path) => `${path}: every file is imported by something`);
}
