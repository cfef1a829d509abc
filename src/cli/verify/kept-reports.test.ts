// Reports that are kept: the last comes back, and there are never more than some.

import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { signed } from '../../testing/reports.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { keepReport, lastReport } from './kept-reports.ts';

test('the last report comes back as it was, and only so many are kept', async () => {
  using folder = tempDir();
  assert.equal(await lastReport(folder.path), null);
  const report = signed([]);
  for (let minute = 10; minute < 40; minute += 1) {
    await keepReport(folder.path, { ...report, startedAt: `2026-01-02T03:${minute}:00.000Z` });
  }
  assert.equal((await lastReport(folder.path))?.startedAt, '2026-01-02T03:39:00.000Z');
  assert.equal(readdirSync(join(folder.path, 'verify')).length, 24);
});

test('what is not a report is said to be none', async () => {
  using folder = tempDir();
  await keepReport(folder.path, signed([]));
  const [name = ''] = readdirSync(join(folder.path, 'verify'));
  writeFileSync(join(folder.path, 'verify', name), '{}');
  await assert.rejects(lastReport(folder.path), { code: 'report-invalid' });
});
