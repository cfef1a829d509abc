// Modes of the state folder and of the secrets in it: whatever lets others in is named.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../testing/temp-dir.ts';
import { privateRows } from './private-rows.ts';

function stateFolder() {
  const folder = tempDir();
  const generated = join(folder.path, 'secrets/generated');
  mkdirSync(generated, { recursive: true, mode: 0o700 });
  for (const path of [folder.path, join(folder.path, 'secrets')]) chmodSync(path, 0o700);
  writeFileSync(join(generated, 'agent-key'), 'x', { mode: 0o600 });
  return folder;
}

async function told(folder: string): Promise<readonly string[]> {
  const rows = await privateRows(folder);
  return rows.map(
    ({ what, observed, verdict }) => `${what.slice(folder.length)}: ${observed} ${verdict}`,
  );
}

test('a state folder that is its owner alone is one row', async () => {
  using folder = stateFolder();
  const all = ', and the secrets in it';
  assert.deepEqual(await told(folder.path), [`${all}: denied as-declared`]);
  symlinkSync('/etc/passwd', join(folder.path, 'secrets/link'));
  assert.deepEqual(await told(folder.path), [`${all}: denied as-declared`]);
  rmSync(join(folder.path, 'secrets'), { recursive: true });
  assert.deepEqual(await told(folder.path), [`${all}: denied as-declared`]);
});

test('each folder and secret that lets others in is named', async () => {
  const modes: readonly (readonly [path: string, mode: number])[] = [
    ['', 0o755],
    ['', 0o710],
    ['/secrets', 0o750],
    ['/secrets/generated', 0o701],
    ['/secrets/generated/agent-key', 0o640],
    ['/secrets/generated/agent-key', 0o604],
    ['/secrets/generated/agent-key', 0o620],
  ];
  for (const [path, mode] of modes) {
    using folder = stateFolder();
    chmodSync(`${folder.path}${path}`, mode);
    assert.deepEqual(await told(folder.path), [`${path}: open difference`], mode.toString(8));
  }
});

test('what is not there to be looked at is not known to be private', async () => {
  using folder = stateFolder();
  assert.deepEqual(await told(join(folder.path, 'gone')), [
    ', and the secrets in it: unknown difference',
  ]);
});
