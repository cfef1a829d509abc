// The same contract as a user without any right, when the tests are run by root: a jail must not
// need root.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../src/testing/embedded-world.ts';
import { ordinaryUid, whyNoOrdinaryUser } from '../src/testing/ordinary-user.ts';

test('the embedded driver keeps its contract as an ordinary user', {
  skip: whyNoOrdinaryUser(),
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'clincher-user-'));
  chownSync(folder, ordinaryUid, ordinaryUid);
  try {
    const id = String(ordinaryUid);
    const identity = ['--reuid', id, '--regid', id, '--clear-groups', '--'];
    const file = join(repositoryRoot, 'e2e/embedded-contract.test.ts');
    const run = spawnSync('setpriv', [...identity, process.execPath, file], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
      timeout: 180_000,
    });
    const output = `${run.stdout}${run.stderr}`;
    assert.equal(run.status, 0, output);
    assert.match(output, /the embedded driver as an ordinary user/);
    assert.match(output, /fail 0/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
