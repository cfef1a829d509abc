// The systemd unit, word for word, and that no path can add a line or an expansion to it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout } from '../../testing/source-tree.ts';
import { type UnitFacts, unitText } from './unit-text.ts';

const facts: UnitFacts = {
  scope: 'system',
  program: '/opt/clincher/clincher',
  config: '/etc/clincher/clincher.yaml',
  stateDir: '/var/lib/clincher',
  workingDir: '/etc/clincher',
  demo: false,
  path: '/usr/bin:/bin',
};

const user: UnitFacts = {
  ...facts,
  scope: 'user',
  program: '/home/ann/my stack/clincher',
  workingDir: '/home/ann/my stack',
  demo: true,
};

for (const [name, unit] of [
  ['system', facts],
  ['user', user],
] as const) {
  test(`the ${name} unit is as in cases/unit/${name}.service`, () => {
    const golden = readFileSync(join(checkout, 'cases', 'unit', `${name}.service`), 'utf8');
    assert.equal(unitText(unit), golden);
  });
}

const tricks: readonly [string, string, string][] = [
  ['a specifier', '/srv/%h/x', '/srv/%%h/x'],
  ['a variable', '/srv/$HOME/x', '/srv/$$HOME/x'],
  ['a quote', '/srv/"x"', '/srv/\\"x\\"'],
  ['a backslash', '/srv/\\x', '/srv/\\\\x'],
  ['a space', '/srv/a b', '/srv/a b'],
];

for (const [name, stateDir, written] of tricks) {
  test(`${name} in a path stays a part of the path`, () => {
    const line = unitText({ ...facts, stateDir })
      .split('\n')
      .find((each) => each.startsWith('ExecStart'));
    assert.ok(line?.endsWith(`--state "${written}"`), line);
  });
}

test('a line break in a path is refused: it would be a line of the unit', () => {
  assert.throws(() => unitText({ ...facts, config: '/srv/x\nExecStartPre=/bin/true' }), {
    code: 'usage',
  });
});
