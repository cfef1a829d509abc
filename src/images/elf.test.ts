// What programs of this machine need, against what ldd(1) says; and what is no program.

import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { run } from '../testing/run-program.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { readElf, withoutSymbols } from './elf.ts';
import { librariesOf } from './libraries.ts';

const programs = [process.execPath, '/usr/bin/python3', '/usr/bin/openssl'].filter(existsSync);

for (const program of programs) {
  test(`the libraries of ${program} are those that ldd finds`, async () => {
    const { stdout } = await run(['ldd', program]);
    const known = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => realpathSync(path));
    const found = (await librariesOf([program], '/')).flatMap((file) =>
      file.kind === 'copy' ? [file.from] : [],
    );
    assert.deepEqual([...new Set(found)].sort(), [...new Set(known)].sort());
  });
}

test('a program without its symbols is smaller and runs', async () => {
  using dir = tempDir();
  const whole = readFileSync(process.execPath);
  const less = withoutSymbols(whole);
  assert.ok(less.length < whole.length);
  const path = join(dir.path, 'node');
  writeFileSync(path, less, { mode: 0o755 });
  const script = "require('node:crypto').createHash('sha256'); console.log(process.version)";
  const { stdout, stderr } = await run([path, '-e', script]);
  assert.equal(stdout, `${process.version}\n`, stderr);
});

test('a library that is not there is named, with who needs it', async () => {
  using dir = tempDir();
  writeFileSync(join(dir.path, 'program'), readFileSync('/bin/sh'));
  const loader = readElf(readFileSync('/bin/sh'))?.interpreter ?? '';
  const libraries = () => librariesOf(['/program'], dir.path);
  await assert.rejects(libraries(), {
    code: 'image-input',
    message: `the loader is not there: ${loader}`,
  });
  mkdirSync(join(dir.path, dirname(loader)), { recursive: true });
  copyFileSync(loader, join(dir.path, loader));
  await assert.rejects(libraries(), {
    code: 'image-input',
    message: '/program needs libc.so.6, which is not where libraries are',
  });
  writeFileSync(join(dir.path, 'program'), 'no program');
  await assert.rejects(libraries(), {
    message: '/program is not a program for this kind of machine',
  });
});

test('a script is no program, and half of one is not either', async () => {
  assert.equal(readElf(Buffer.from('#!/bin/sh\necho\n')), null);
  const shell = readFileSync('/bin/sh');
  assert.notEqual(readElf(shell), null);
  assert.equal(readElf(shell.subarray(0, 100)), null);
});

test('no bytes make the reader fail in any other way', () => {
  const shell = readFileSync('/bin/sh').subarray(0, 4_096);
  fc.assert(
    fc.property(
      fc.nat({ max: shell.length }),
      fc.array(fc.tuple(fc.nat({ max: 1_023 }), fc.nat({ max: 255 })), { maxLength: 8 }),
      (length, changes) => {
        const bytes = Buffer.from(shell.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        readElf(bytes);
      },
    ),
    { numRuns: 2_000 },
  );
});
