// Logs read back, across a rotation.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostPaths } from './host-paths.ts';
import { logBounds, openLogFile } from './log-file.ts';
import { readLogs } from './read-logs.ts';

const bounds = { ...logBounds, fileBytesMax: 100 };

test('a follower misses no line when the log is rotated under it', async () => {
  const paths = hostPaths(mkdtempSync(join(tmpdir(), 'clincher-test-')));
  mkdirSync(paths.logs);
  const log = openLogFile(paths.log('one'), bounds);
  log.write('line 0');
  const follower = readLogs(paths, 'one', { lines: null, follow: true });
  const seen: string[] = [];
  for (let index = 1; index <= 60; index += 1) {
    const { value } = await follower.next();
    seen.push(value?.text ?? 'end');
    log.write(`line ${index}`);
  }
  await follower.return(undefined);
  log.close();
  assert.deepEqual(
    seen,
    Array.from({ length: 60 }, (_, index) => `line ${index}`),
  );
  rmSync(paths.stateDir, { recursive: true });
});

test('the last lines reach back into the older file, of every service in turn', async () => {
  const paths = hostPaths(mkdtempSync(join(tmpdir(), 'clincher-test-')));
  mkdirSync(paths.logs);
  for (const name of ['b', 'a']) {
    const log = openLogFile(paths.log(name), bounds);
    for (let index = 0; index < 16; index += 1) log.write(`${name} ${index}`);
    log.close();
  }
  const lines: string[] = [];
  for await (const { service, text } of readLogs(paths, null, { lines: 14, follow: false })) {
    lines.push(`${service}:${text}`);
  }
  assert.equal(lines.length, 28);
  assert.equal(lines[0], 'a:a 2');
  assert.equal(lines.at(-1), 'b:b 15');
  rmSync(paths.stateDir, { recursive: true });
});
