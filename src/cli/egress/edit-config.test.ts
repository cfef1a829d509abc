// Rules are added to a configuration without touching anything else in it, however it is laid out,
// and mean what they say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { addEgressRules, type NewRule } from './edit-config.ts';

const rule: NewRule = { caller: 'gateway', hosts: ['a.example'], ports: [443] };
const head = 'version: 1 # the first\n';

const layouts: readonly (readonly [string, string])[] = [
  ['no section', head],
  ['no section and no last newline', head.trimEnd()],
  ['an empty section', `${head}egress:\n`],
  ['an empty map', `${head}egress: {}\n`],
  ['an empty list', `${head}egress:\n  rules: []\n`],
  ['an empty list in an empty map', `${head}egress: { rules: [] }\n`],
  ['a list that is null', `${head}egress:\n  rules:\nbudget: 1\n`],
  ['items without indentation', `${head}egress:\n  rules:\n  - { caller: x, hosts: [y] }\n`],
  [
    'items with four spaces',
    `${head}egress:\n    rules:\n        - caller: x\n          hosts: [y]\n`,
  ],
  ['a comment behind the last item', `${head}egress:\n  rules:\n    - { caller: x } # why\nx: 1\n`],
  [
    'comments after the last item',
    `${head}egress:\n  rules:\n    - { caller: x }\n    # - old\n\n# end\nx: 1\n`,
  ],
  ['a list on several lines', `${head}egress:\n  rules: [\n    { caller: x }, # one\n  ]\n`],
  [
    'a long text in the last item',
    `${head}egress:\n  rules:\n    - caller: |\n        a\n        b\n`,
  ],
  ['the section first', `egress:\n  rules:\n    - { caller: x }\n${head}`],
  ['other keys only', `${head}egress:\n  # here\n  resolve: { a: [b] }   # there\nx: 1\n`],
  ['all on one line', '{ version: 1, egress: { rules: [{ caller: x }] } } # all\n'],
  ['a map on one line without the section', '{ version: 1 } # all\n'],
  ['line ends of two bytes', 'version: 1\r\negress:\r\n  rules:\r\n    - { caller: x }\r\n'],
  ['a document mark', '---\nversion: 1\n'],
  ['a document end', 'version: 1\n...\n'],
];

for (const [what, text] of layouts) {
  test(`a rule is added where there is ${what}, and everything else means what it did`, () => {
    const before = parse(text);
    const after = parse(addEgressRules(text, [rule]));
    const { caller, hosts } = rule;
    const rules = [...(before.egress?.rules ?? []), { caller, hosts }];
    assert.deepEqual(after, { ...before, egress: { ...before.egress, rules } });
  });
  test(`no comment is lost where there is ${what}`, () => {
    const comments = (one: string) => (one.match(/#[^\r\n]*/g) ?? []).map((each) => each.trim());
    assert.deepEqual(comments(addEgressRules(text, [rule])), comments(text));
  });
}

test('in a plain layout every line that was there is there still, in order', () => {
  for (const [what, text] of layouts.filter(([name]) => /items|comments|other keys/.test(name))) {
    const after = addEgressRules(text, [rule]).split('\n');
    const kept = text.split('\n').filter((line) => after.includes(line));
    assert.deepEqual(kept, text.split('\n'), what);
  }
});

test('any names and ports are read back as they were meant', () => {
  const name = fc.oneof(
    fc.constantFrom('null', 'true', 'no', '1e3.example', '0x1.example', '~', '2001:db8::1', '1.5'),
    fc.string({ minLength: 1, maxLength: 80 }),
    fc.domain(),
  );
  const rules = fc.array(
    fc.record(
      {
        caller: name,
        hosts: fc.array(name, { minLength: 1, maxLength: 6 }),
        ports: fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 3 }),
      },
      { noNullPrototype: true },
    ),
    { minLength: 1, maxLength: 4 },
  );
  const layout = fc.constantFrom(...layouts.map(([, text]) => text));
  fc.assert(
    fc.property(layout, rules, (text, added) => {
      const list: NewRule[] = parse(addEgressRules(text, added)).egress.rules;
      const read = list.slice(-added.length).map((one) => ({ ...one, ports: one.ports ?? [443] }));
      assert.deepEqual(read, added);
    }),
    { numRuns: 500 },
  );
});
