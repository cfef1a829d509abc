// The table of who may import what (ARCHITECTURE.md), enforced; and shown to fail for each kind of
// breach.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importCycle, layerBreaches, layerOf, layers, unnamedImports } from './testing/layers.ts';
import { checkout, hasHiddenImport, readSourceTree } from './testing/source-tree.ts';

const tree = readSourceTree(['src/**/*.ts']);

test('no file imports what its layer may not', () => {
  assert.ok(tree.size > 100, 'the source was found');
  assert.deepEqual(layerBreaches(tree), []);
});

test('every exemption is still needed', () => {
  for (const path of Object.keys(unnamedImports)) {
    assert.ok(hasHiddenImport(tree.get(path) ?? ''), path);
  }
});

test('no files import one another in a circle', () => {
  assert.equal(importCycle(tree), null);
});

test('every folder of src has a layer, and every layer a file', () => {
  const found = new Set([...tree.keys()].map(layerOf).filter((layer) => layer !== null));
  const known = [...Object.keys(layers), 'cli', 'testing'];
  assert.deepEqual([...found].sort(), known.sort());
});

test('ARCHITECTURE.md names every layer with what it may import', () => {
  const map = readFileSync(join(checkout, 'ARCHITECTURE.md'), 'utf8');
  const rows = [...map.matchAll(/^\| `src\/([^`]+)`/gm)].map((match) => match[1] ?? '');
  for (const layer of Object.keys(layers)) {
    const row = { doors: 'roles/*/settings.ts', 'driver-door': 'drivers/driver.ts' }[layer];
    const name = row ?? (['roles', 'drivers'].includes(layer) ? `${layer}/*` : layer);
    assert.ok(rows.includes(name), `no row for ${name}`);
  }
});

/** One breach of each kind: a file, what it says, and what must be said of it. */
const planted: readonly (readonly [name: string, path: string, text: string, says: RegExp])[] = [
  ['the floor looks up', 'src/kit/x.ts', "import { a } from '../net/a.ts';", /kit may not/],
  ['a type-only import', 'src/kit/x.ts', "import type { A } from '../net/a.ts';", /kit may not/],
  ['a re-export', 'src/policy/x.ts', "export { a } from '../net/a.ts';", /policy may not/],
  ['a dynamic import', 'src/policy/x.ts', "await import('../net/a.ts');", /policy may not/],
  [
    'an import over several lines',
    'src/plan/x.ts',
    "import {\n  a,\n} from '../net/a.ts';",
    /plan may not/,
  ],
  ['a computed import', 'src/net/x.ts', 'await import(name);', /does not name/],
  ['require', 'src/net/x.ts', "const { createRequire } = await import('node:module');", /not name/],
  [
    'a file started as a program',
    'src/verify/x.ts',
    "new URL('../drivers/embedded/a.ts', import.meta.url)",
    /verify may not/,
  ],
  [
    'a role knows a sibling',
    'src/roles/llm/x.ts',
    "import '../egress/a.ts';",
    /llm may not know its sibling egress/,
  ],
  [
    "a role knows a sibling's settings",
    'src/roles/llm/x.ts',
    "import '../egress/settings.ts';",
    /sibling egress/,
  ],
  [
    'a role knows the topology',
    'src/roles/llm/x.ts',
    "import '../../topology/model.ts';",
    /roles may/,
  ],
  ['a driver knows a sibling', 'src/drivers/embedded/x.ts', "import '../docker/a.ts';", /sibling/],
  [
    'a driver knows a role',
    'src/drivers/embedded/x.ts',
    "import '../../roles/llm/serve.ts';",
    /may/,
  ],
  ['verify knows a driver', 'src/verify/x.ts', "import '../drivers/embedded/a.ts';", /verify may/],
  [
    'a decision opens a socket',
    'src/policy/x.ts',
    "import { connect } from 'node:net';",
    /no I\/O/,
  ],
  ['a decision reads a file', 'src/policy/x.ts', "import 'node:fs/promises';", /no I\/O/],
  ['a decision looks at the clock', 'src/policy/x.ts', 'const now = Date.now();', /no I\/O/],
  ['the plan asks the process', 'src/plan/x.ts', 'const here = process.cwd();', /no I\/O/],
  ['the product uses the tests', 'src/cli/x.ts', "import '../testing/a.ts';", /for tests/],
  ['a layer outside the table', 'src/misc/x.ts', "import '../kit/assert.ts';", /not in the table/],
];

for (const [name, path, text, says] of planted) {
  test(`the layer test finds: ${name}`, () => {
    const breaches = layerBreaches(new Map([[path, text]]));
    assert.equal(breaches.length, 1, breaches.join('\n'));
    assert.match(breaches[0] ?? '', says);
  });
}

test('the layer test finds a circle, also a type-only one', () => {
  const circle = new Map([
    ['src/kit/a.ts', "import { b } from './b.ts';"],
    ['src/kit/b.ts', "import type { c } from './deep/c.ts';"],
    ['src/kit/deep/c.ts', "export { a } from '../a.ts';"],
  ]);
  const way = ['src/kit/a.ts', 'src/kit/b.ts', 'src/kit/deep/c.ts', 'src/kit/a.ts'];
  assert.deepEqual(importCycle(circle), way);
});

test('the layer test lets through what the table allows', () => {
  const allowed = new Map([
    ['src/policy/x.ts', "import { isIP } from 'node:net';\nimport '../kit/assert.ts';"],
    [
      'src/roles/llm/x.ts',
      "import './settings.ts';\nimport '../role.ts';\nimport '../../net/a.ts';",
    ],
    ['src/cli/x.ts', "await import('../roles/llm/serve.ts');"],
    ['src/kit/x.test.ts', "import '../cli/main.ts';"],
  ]);
  assert.deepEqual(layerBreaches(allowed), []);
});
