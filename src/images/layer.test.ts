// Layers as bytes: read back by the system's own tar, and the same from the same content.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { run } from '../testing/run-program.ts';
import { tempDir } from '../testing/temp-dir.ts';
import type { LayerFile } from './image.ts';
import { layerBytes } from './layer.ts';

const text = (path: string, content: string): LayerFile => ({
  path,
  kind: 'file',
  mode: 0o644,
  content: Buffer.from(content),
});

async function bytesOf(files: readonly LayerFile[]): Promise<Buffer> {
  return Buffer.concat(await Readable.from(layerBytes(files)).toArray());
}

async function digestOf(files: readonly LayerFile[]): Promise<string> {
  return createHash('sha256')
    .update(await bytesOf(files))
    .digest('hex');
}

test('the system’s tar reads every kind of file, and names of any length', async () => {
  using dir = tempDir();
  writeFileSync(join(dir.path, 'source'), 'copied');
  const names = [1, 99, 100, 101, 254].map(
    (length) => 'ä'.repeat(length / 2) + 'x'.repeat(length % 2),
  );
  const deep = Array.from({ length: 8 }, (_, level) => `level-${level}-${'y'.repeat(60)}`).join(
    '/',
  );
  const files: LayerFile[] = [
    ...names.map((name) => text(`/names/${name}`, name)),
    text(`/${deep}/file`, 'deep'),
    { path: '/bin/run', kind: 'copy', mode: 0o755, from: join(dir.path, 'source') },
    { path: '/long', kind: 'link', to: `${deep}/file` },
    { path: '/own', kind: 'folder', mode: 0o700 },
  ];
  const tar = join(dir.path, 'layer.tar');
  writeFileSync(tar, await bytesOf(files));
  const { code, stderr } = await run(['tar', '-xpf', tar, '-C', dir.path]);
  assert.equal(code, 0, stderr);
  for (const name of names) assert.equal(readFileSync(join(dir.path, 'names', name), 'utf8'), name);
  assert.equal(readFileSync(join(dir.path, 'long'), 'utf8'), 'deep');
  assert.equal(readlinkSync(join(dir.path, 'long')), `${deep}/file`);
  assert.equal(readFileSync(join(dir.path, 'bin/run'), 'utf8'), 'copied');
  const run755 = lstatSync(join(dir.path, 'bin/run'));
  assert.deepEqual([run755.mode & 0o7777, run755.mtimeMs], [0o755, 0]);
  assert.equal(lstatSync(join(dir.path, 'own')).mode & 0o7777, 0o700);
  const { stdout } = await run(['tar', '--numeric-owner', '-tvf', tar]);
  for (const line of stdout.trim().split('\n')) assert.match(line, / 0\/0 /);
});

test('the bytes depend on the content, not on its order, place, date or owner', async () => {
  using one = tempDir();
  using two = tempDir();
  const from = (dir: string): LayerFile => {
    const path = join(dir, 'file');
    writeFileSync(path, 'same', { mode: dir === one.path ? 0o600 : 0o666 });
    utimesSync(path, dir === one.path ? 1 : 2, 3);
    return { path: '/a/copy', kind: 'copy', mode: 0o644, from: path };
  };
  const first = await digestOf([from(one.path), text('/b', 'b'), text('/a-b', 'c')]);
  const second = await digestOf([text('/a-b', 'c'), text('/b', 'b'), from(two.path)]);
  assert.equal(first, second);
  assert.notEqual(first, await digestOf([from(one.path), text('/b', 'B'), text('/a-b', 'c')]));
});
