// What is said of an engine: nothing of a new one, and of an old one all that it lacks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineFindings, parseVersion } from './engine.ts';

const rows: readonly (readonly [string, number, readonly RegExp[]])[] = [
  ['29.3.1', 0, []],
  ['30.0.0', 0, []],
  ['29.3.0', 1, [/authorization plugin/]],
  ['28.0.0', 2, [/runc/]],
  ['27.5.1', 4, [/isolated gateway mode/, /127\.0\.0\.1 alone/]],
  ['20.10.24+dfsg1', 5, [/CVE-2024-29018/]],
];
for (const [version, count, says] of rows) {
  test(`Docker ${version}: ${count} things are missing`, () => {
    const text = engineFindings(version)
      .map(({ message }) => message)
      .join('\n');
    assert.equal(text.split('\n    - ').length - 1, count);
    for (const each of says) assert.match(text, each);
  });
}

test('a version that is none is said to be so, and costs nothing by itself', () => {
  assert.equal(parseVersion('dev'), null);
  assert.deepEqual(parseVersion('28.0.0-rc.1'), [28, 0, 0]);
  const [finding] = engineFindings('dev');
  assert.match(finding?.message ?? '', /its version is dev/);
  assert.equal(finding?.severity, 'warning');
});
