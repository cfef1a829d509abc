// The sandbox as the agent uses it: real ssh(1), real jails.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSandbox } from '../../testing/sandbox.ts';

test('a command runs and its streams and exit code come back', async () => {
  await using sandbox = await openSandbox();
  const outcome = await sandbox.ssh('cat; echo problem >/dev/stderr; exit 7', { input: 'hello' });
  assert.deepEqual(outcome, { code: 7, stdout: 'hello', stderr: 'problem\n' });
});
