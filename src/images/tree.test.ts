// A folder as files of an image: no right or mark of its own comes along, and no link is followed.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../testing/run-program.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { treeFiles } from './tree.ts';

test('files, folders and links come as they are, without further rights', async () => {
  using dir = tempDir();
  const at = (name: string) => join(dir.path, name);
  mkdirSync(at('folder'), { mode: 0o777 });
  writeFileSync(at('folder/plain'), '', { mode: 0o600 });
  writeFileSync(at('tool'), '');
  chmodSync(at('tool'), 0o6755);
  symlinkSync('folder', at('again'));
  symlinkSync('/etc/passwd', at('away'));
  await run(['mkfifo', at('pipe')]);
  const files = await treeFiles(dir.path, '/in', (path) => path !== 'left-out');
  const byPath = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  assert.deepEqual(byPath, [
    { path: '/in/again', kind: 'link', to: 'folder' },
    { path: '/in/away', kind: 'link', to: '/etc/passwd' },
    { path: '/in/folder', kind: 'folder', mode: 0o755 },
    { path: '/in/folder/plain', kind: 'copy', mode: 0o644, from: at('folder/plain') },
    { path: '/in/tool', kind: 'copy', mode: 0o755, from: at('tool') },
  ]);
  const without = await treeFiles(dir.path, '/in', (path) => path === 'tool');
  assert.deepEqual(
    without.map(({ path }) => path),
    ['/in/tool'],
  );
});
