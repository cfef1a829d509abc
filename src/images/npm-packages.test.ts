// Which packages, and which of their files, come into an image.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../testing/temp-dir.ts';
import { npmPackages } from './npm-packages.ts';

const integrity = `sha512-${Buffer.from('ab'.repeat(64), 'hex').toString('base64')}`;
const lock = {
  packages: {
    '': { name: 'it', version: '1' },
    'node_modules/@scope/one': { version: '1.2.3', license: 'MIT', integrity },
    'node_modules/@scope/one/node_modules/two': { version: '2.0.0' },
    'node_modules/tested': { version: '3.0.0', dev: true },
    'node_modules/elsewhere': { version: '4.0.0', optional: true },
  },
};
const files = [
  ...['package.json', 'index.js', 'index.cjs', 'data.json', 'LICENSE'],
  ...['index.d.ts', 'index.d.mts', 'index.ts', 'index.js.map', 'README.md', 'test/a.js', '.npmrc'],
];

function installed(dir: string): void {
  writeFileSync(join(dir, 'package-lock.json'), JSON.stringify(lock));
  for (const path of Object.keys(lock.packages).filter((each) => each !== '')) {
    for (const file of files) {
      const at = join(dir, path, file);
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, path);
    }
  }
}

test('packages that are run come in, with what is run of them and their license', async () => {
  using dir = tempDir();
  installed(dir.path);
  const { files: found, parts } = await npmPackages(dir.path, '/opt');
  const kept = ['LICENSE', 'data.json', 'index.cjs', 'index.js', 'package.json'];
  const one = '/opt/node_modules/@scope/one';
  assert.deepEqual(
    found.map(({ path }) => path).sort(),
    [...kept, ...kept.map((name) => `node_modules/two/${name}`)]
      .map((name) => `${one}/${name}`)
      .sort(),
  );
  assert.deepEqual(parts, [
    {
      ...{ type: 'library', name: '@scope/one', version: '1.2.3', license: 'MIT' },
      purl: 'pkg:npm/%40scope/one@1.2.3',
      hash: { alg: 'SHA-512', content: 'ab'.repeat(64) },
    },
    { type: 'library', name: 'two', version: '2.0.0', purl: 'pkg:npm/two@2.0.0' },
  ]);
});

test('a package of the lock file that is not installed is named', async () => {
  using dir = tempDir();
  writeFileSync(join(dir.path, 'package-lock.json'), JSON.stringify(lock));
  await assert.rejects(npmPackages(dir.path, '/opt'), {
    code: 'image-input',
    message: 'node_modules/@scope/one of package-lock.json is not installed',
  });
});
