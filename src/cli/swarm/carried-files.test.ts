// Which files of this machine come along into a swarm, and which stay and are refused there.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../testing/temp-dir.ts';
import { tinyService } from '../../testing/tiny-service.ts';
import { withCarriedFiles } from './carried-files.ts';

test('a small text comes along as a rendered file; what is none stays a mount', async () => {
  using dir = tempDir();
  const mounts = ['ca.pem', 'large.pem', 'model.onnx', 'folder', 'missing'].map((name) => ({
    ...{ source: join(dir.path, name), target: `/run/clincher/${name}`, readOnly: true },
  }));
  writeFileSync(join(dir.path, 'ca.pem'), 'a certificate\n');
  writeFileSync(join(dir.path, 'large.pem'), 'x'.repeat(500_001));
  writeFileSync(join(dir.path, 'model.onnx'), Buffer.from([0xff, 0xfe, 0x00]));
  mkdirSync(join(dir.path, 'folder'));
  const plan = tinyService('llm', {}, { mounts });
  const carried = await withCarriedFiles(plan);
  assert.deepEqual(carried.files, [{ path: '/run/clincher/ca.pem', content: 'a certificate\n' }]);
  assert.deepEqual(carried.mounts, mounts.slice(1));
  assert.equal(carried.hash, plan.hash);
});
