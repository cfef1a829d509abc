// The table of ARCHITECTURE.md as data, and the check that no file breaks it.

import { hasHiddenImport, importsOf, type SourceTree } from './source-tree.ts';

interface Layer {
  readonly may: readonly string[];
  /** Decides and computes only: no module, global or clock that reaches outside. */
  readonly pure?: true;
}

const settingsDoors = 'doors';

export const layers: Readonly<Record<string, Layer>> = {
  kit: { may: [] },
  telemetry: { may: ['kit'] },
  policy: { may: ['kit'], pure: true },
  net: { may: ['kit', 'telemetry', 'policy'] },
  [settingsDoors]: { may: ['kit', 'telemetry', 'policy'] },
  roles: { may: ['kit', 'telemetry', 'policy', 'net', settingsDoors] },
  topology: { may: ['kit', settingsDoors], pure: true },
  config: { may: ['kit', 'policy', settingsDoors, 'topology'] },
  check: { may: ['kit', 'policy', settingsDoors, 'topology'], pure: true },
  render: { may: ['kit', 'telemetry', settingsDoors, 'topology'], pure: true },
  plan: { may: ['kit', settingsDoors, 'topology', 'render'], pure: true },
  images: { may: ['kit', 'topology', 'plan'] },
  'driver-door': { may: ['kit', 'topology', 'plan'], pure: true },
  host: { may: ['kit', 'topology', 'plan', 'driver-door'] },
  targets: { may: ['kit', 'topology', 'plan'], pure: true },
  drivers: {
    may: ['kit', 'telemetry', 'net', 'topology', 'plan', 'driver-door', 'host', 'targets'],
  },
  verify: { may: ['kit', 'telemetry', 'policy', 'topology', 'render', 'plan', 'driver-door'] },
  acme: { may: ['kit'] },
  cloudflare: { may: ['kit'] },
  deploy: { may: ['kit', 'images'] },
  kuma: { may: ['kit', 'render'] },
  hardening: { may: ['kit', 'render'] },
};

/** May import everything; nothing above imports them. */
const free = ['cli', 'testing'];
const pureModules = [
  'node:assert',
  'node:buffer',
  'node:crypto',
  'node:path',
  'node:url',
  'node:util',
];
/** node:net has two things that only look at text; the rest of it is I/O. */
const pureOfNet =
  /import(?: type)? \{\s*(?:(?:isIP|isIPv4|isIPv6|BlockList)\s*,?\s*)+\} from 'node:net'/;
const impureGlobals =
  /\bprocess\.|\bfetch\(|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(?:Timeout|Interval)\(/;

/**
 * The layer of a file; null for what lies outside src/ and for tests, which may import everything.
 */
export function layerOf(path: string): string | null {
  if (!path.startsWith('src/') || path.endsWith('.test.ts')) return null;
  const [, folder = '', ...rest] = path.split('/');
  if (folder === 'roles' && (rest[0] === 'role.ts' || rest.at(-1) === 'settings.ts')) {
    return settingsDoors;
  }
  return folder === 'drivers' && rest[0] === 'driver.ts' ? 'driver-door' : folder;
}

/** Files that load what they do not name, each with the reason. */
export const unnamedImports: Readonly<Record<string, string>> = {
  'src/roles/llm/cache/embedding/onnx-runtime.ts':
    'the runtime of a model is where the settings say, for who has such a model',
};

/** One sentence for each breach; empty when the tree keeps to the table. */
export function layerBreaches(tree: SourceTree): readonly string[] {
  const breaches: string[] = [];
  for (const [path, text] of tree) {
    const layer = layerOf(path);
    if (layer === null) continue;
    const mayHide = layer === 'testing' || Object.hasOwn(unnamedImports, path);
    if (!mayHide && hasHiddenImport(text))
      breaches.push(`${path} imports a module that it does not name`);
    const imported = importsOf(path, text);
    for (const target of imported) {
      const breach = importBreach(path, layer, target);
      if (breach !== null) breaches.push(`${path} imports ${target}: ${breach}`);
    }
    if (layers[layer]?.pure === true) breaches.push(...impurities(path, text, imported));
  }
  return breaches;
}

function importBreach(path: string, layer: string, target: string): string | null {
  if (!target.startsWith('src/')) return null;
  if (target.endsWith('.test.ts')) return 'a test is for no one to import';
  const to = layerOf(target) ?? '';
  if (free.includes(layer)) {
    return layer === 'cli' && to === 'testing' ? 'testing is for tests' : null;
  }
  const allowed = layers[layer];
  if (allowed === undefined) return `${layer} is not in the table`;
  if (to !== layer)
    return allowed.may.includes(to)
      ? siblingDoor(path, layer, target)
      : `${layer} may not import ${to}`;
  return layer === 'roles' || layer === 'drivers' ? sibling(path, target) : null;
}

/** A role knows its own settings and no other's. */
function siblingDoor(path: string, layer: string, target: string): string | null {
  if (layer !== 'roles' || layerOf(target) !== settingsDoors) return null;
  return target === 'src/roles/role.ts' ? null : sibling(path, target);
}

function sibling(path: string, target: string): string | null {
  const [from, to] = [path.split('/')[2], target.split('/')[2]];
  return from === to ? null : `${from} may not know its sibling ${to}`;
}

function impurities(path: string, text: string, imported: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const target of imported.filter((each) => each.startsWith('node:'))) {
    const pure = target === 'node:net' ? pureOfNet.test(text) : pureModules.includes(target);
    if (!pure) found.push(`${path} imports ${target}: this layer does no I/O`);
  }
  const global = impureGlobals.exec(withoutCommentLines(text))?.[0];
  if (global !== undefined) found.push(`${path} uses ${global}: this layer does no I/O`);
  return found;
}

function withoutCommentLines(text: string): string {
  return text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
}

/**
 * A chain of files that import one another in a circle, or null. Tests are left out: nothing
 * imports them.
 */
export function importCycle(tree: SourceTree): readonly string[] | null {
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): readonly string[] | null => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const target of importsOf(path, tree.get(path) ?? '')) {
      const cycle = tree.has(target) ? visit(target, [...way, path]) : null;
      if (cycle !== null) return cycle;
    }
    done.add(path);
    return null;
  };
  for (const path of tree.keys()) {
    const cycle = visit(path, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
