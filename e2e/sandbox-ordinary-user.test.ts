// The sandbox as a user without any right, when the tests are run by root: its jails must hold
// without root, and where nothing but rlimits bounds them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../src/testing/embedded-world.ts';
import { ordinaryUid, whyNoOrdinaryUser } from '../src/testing/ordinary-user.ts';
import { tempDir } from '../src/testing/temp-dir.ts';

/** Which tests of a file. */
const files = [
  ['attack-jail', '.'],
  ['bounds', 'bomb|memory and|full scope'],
] as const;
for (const [name, only] of files) {
  test(`the sandbox as an ordinary user: ${name}`, { skip: whyNoOrdinaryUser() }, () => {
    using folder = tempDir();
    chownSync(folder.path, ordinaryUid, ordinaryUid);
    const id = String(ordinaryUid);
    const identity = ['setpriv', '--reuid', id, '--regid', id, '--clear-groups', '--'];
    // The supervisor of an ordinary user makes jails from such a namespace.
    const namespace = ['unshare', '--user', '--map-root-user', '--'];
    const file = join(repositoryRoot, `src/roles/sandbox/${name}.test.ts`);
    const node = [process.execPath, `--test-name-pattern=${only}`, file];
    const [program = '', ...args] = [...identity, ...namespace, ...node];
    const run = spawnSync(program, args, {
      cwd: folder.path,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder.path, TMPDIR: folder.path },
      timeout: 180_000,
      killSignal: 'SIGKILL',
    });
    const output = `${run.stdout}${run.stderr}`;
    assert.equal(run.status, 0, output);
    assert.match(output, /fail 0/);
    assert.match(output, /pass [1-9]/);
  });
}
