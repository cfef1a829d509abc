// An agent that does not start: what it said is shown, what had started is stopped, and nothing of
// it is lost.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runClincher } from '../src/testing/agent-stack.ts';
import { tempDir } from '../src/testing/temp-dir.ts';

test('an agent that does not start ends the up with its own words, and nothing stays half up', async () => {
  using temp = tempDir();
  const state = join(temp.path, '.clincher/services/gateway/state');
  mkdirSync(state, { recursive: true });
  chmodSync(join(temp.path, '.clincher'), 0o700);
  // Where it wants its folder there is a file: it gives up by itself.
  writeFileSync(join(state, 'openclaw'), 'what was here before');
  const up = await runClincher(['up', '--demo', '--detach'], temp.path);
  assert.equal(up.code, 3, up.stdout + up.stderr);
  assert.match(up.stderr, /gateway ended before it was ready/);
  assert.match(up.stderr, /Gateway failed to start/);
  assert.match(up.stderr, /clincher logs gateway/);
  const status = await runClincher(['status'], temp.path);
  assert.equal(status.code, 1);
  assert.match(status.stdout + status.stderr, /nothing is running/);
  assert.equal(readFileSync(join(state, 'openclaw'), 'utf8'), 'what was here before');
});
