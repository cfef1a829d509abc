// The image of the tests' sandboxes, made without a registry: one static program that is a shell
// and every tool, the folders a sandbox expects, and Python for the agent's file tools.

import { copyFile, mkdir, readdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { findPrograms } from '../cli/install/programs.ts';
import { run } from './run-program.ts';

/** Path of a tar of the image's root folder. */
export async function imageTar(folder: string, withPython: boolean): Promise<string> {
  const root = join(folder, 'image');
  for (const name of ['bin', 'etc', 'tmp', 'var/tmp', 'run', 'workspace', 'agent', 'data']) {
    await mkdir(join(root, name), { recursive: true });
  }
  const { busybox } = await findPrograms(['busybox'], process.env.PATH ?? '');
  if (busybox === undefined) throw new Error('busybox is not installed: npm test installs it');
  await copyFile(busybox, join(root, 'bin/busybox'));
  const { stdout } = await run([busybox, '--list']);
  for (const name of stdout.split('\n')) {
    if (name !== '' && name !== 'busybox') await symlink('busybox', join(root, 'bin', name));
  }
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0::/:/bin/sh\ntools:x:1000:1000::/tmp:/bin/sh\n',
  );
  await writeFile(join(root, 'etc/group'), 'root:x:0:\ntools:x:1000:\n');
  const tar = join(folder, 'image.tar');
  const made = await run(['tar', '--owner=0', '--group=0', '-C', root, '-cf', tar, '.']);
  if (made.code !== 0) throw new Error(`tar: ${made.stderr}`);
  if (withPython) await addPython(tar);
  return tar;
}

/** The system's own, with what its file tools import and the libraries that this needs. */
async function addPython(tar: string): Promise<void> {
  const program = await realpath('/usr/bin/python3');
  const library = `/usr/lib/${basename(program)}`;
  const loaded = (await readdir(`${library}/lib-dynload`)).map((name) =>
    join(library, 'lib-dynload', name),
  );
  const { stdout } = await run([
    'ldd',
    program,
    ...loaded.filter((path) => path.includes('_ctypes.')),
  ]);
  const libraries = new Set([...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path));
  const left = ['__pycache__', 'test', 'idlelib', 'tkinter', 'lib2to3', 'ensurepip', 'config-*'];
  const without = left.map((name) => `--exclude=${name}`);
  const added = ['-C', '/', '--dereference', '--transform=s,^/,,', ...without, '-rf', tar];
  const done = await run([
    'tar',
    '-P',
    ...added,
    program,
    '/usr/bin/python3',
    library,
    ...libraries,
  ]);
  if (done.code !== 0) throw new Error(`tar: ${done.stderr}`);
}
