// The form of the source, held by a test: each rule holds for every file, and is shown to find a
// breach.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout, readSourceTree } from './testing/source-tree.ts';
import { tidyFaults, tidyRules } from './testing/tidy.ts';

const tree = readSourceTree(['{src,e2e,bench,scripts}/**/*.ts']);

test('the source is tidy', () => {
  assert.ok(tree.size > 100, 'the source was found');
  assert.deepEqual(tidyFaults(tree), []);
});

test('every exemption is still needed', () => {
  for (const rule of tidyRules) {
    const faulty = new Set(rule.faults(tree).map((fault) => fault.split(':')[0]));
    for (const path of Object.keys(rule.except))
      assert.ok(faulty.has(path), `${rule.name}: ${path}`);
  }
});

const comment = '// What this is.\n';
/** For each rule, in its order, a file that breaks it and no other. */
const planted: readonly (readonly [path: string, text: string])[] = [
  ['src/kit/a.test.ts', 'const a = 1;\n'],
  ['src/kit/a.test.ts', `${comment}${'\n'.repeat(300)}`],
  ['src/kit/a.test.ts', `${comment}// ${'x'.repeat(98)}\n`],
  ['src/kit/fooBar.test.ts', comment],
  ['src/helpers/a.test.ts', comment],
  ['src/cli/main.ts', `${comment}console.log(1);\n`],
  ['src/cli/main.ts', `${comment}const path = process.env.PATH;\n`],
  ['src/kit/a.test.ts', `${comment}export default 1;\n`],
  ['src/kit/a.test.ts', `${comment}// ${'TO'}DO: later\n`],
  ['src/kit/a.test.ts', `${comment}const a: ${'an'}y = 1;\n`],
  ['src/kit/a.test.ts', `${comment}// ${'biome'}-ignore lint: no\n`],
  ['src/kit/a.test.ts', `${comment}test.${'only'}('a', () => {});\n`],
  ['src/kit/a.ts', comment],
];

test('there is a planted breach for every rule', () => {
  assert.equal(planted.length, tidyRules.length);
});

for (const [index, [path, text]] of planted.entries()) {
  const rule = tidyRules[index];
  test(`the tidy test finds a file that breaks: every file ${rule?.name}`, () => {
    const faults = tidyFaults(new Map([[path, text]]));
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.ok(faults[0]?.includes(`every file ${rule?.name}`), faults[0]);
  });
}

test('every dependency is used, and has a line in ARCHITECTURE.md that says what for', () => {
  const read = (name: string) => readFileSync(join(checkout, name), 'utf8');
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  const map = read('ARCHITECTURE.md');
  const source = [...tree.values()].join('\n');
  for (const name of Object.keys(dependencies)) {
    assert.ok(new RegExp(`'${name}(?:/[^']*)?'`).test(source), `nothing imports ${name}`);
  }
  for (const name of [...Object.keys(dependencies), ...Object.keys(devDependencies)]) {
    assert.ok(map.includes(`| \`${name}\` |`), `no line for ${name}`);
  }
});
