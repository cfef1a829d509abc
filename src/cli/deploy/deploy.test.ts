// What a host is sent: the program as an archive that runs by itself, and clincher.yaml as the far
// side reads it.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '../../config/load.ts';
import { clincher, run } from '../../testing/run-program.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { carriedConfig } from './carried-config.ts';
import { programArchive } from './program-archive.ts';

test('the archive is the same from the same content, and runs where nothing is installed', async () => {
  const { digest, open, bytes } = await programArchive();
  assert.equal((await programArchive()).digest, digest);
  assert.ok(bytes < 40e6, `${bytes}`);
  using dir = tempDir();
  const root = join(dir.path, 'program');
  await mkdir(join(root, '.cache'), { recursive: true });
  const file = String(Reflect.get(open(), 'path'));
  assert.equal((await run(['tar', '-xzf', file, '-C', root])).code, 0);
  // Whoever asks a registry here finds none.
  const npm = { npm_config_registry: 'http://127.0.0.1:9/' };
  const env = { PATH: `${join(process.execPath, '..')}:/usr/bin:/bin`, HOME: dir.path, ...npm };
  const { code, stdout, stderr } = await run([join(root, 'clincher'), 'check', '--demo'], {
    env,
    cwd: dir.path,
  });
  assert.match(stderr, /there is no file clincher\.yaml/, stdout);
  assert.equal(code, 2);
});

const text = `version: 1
# file:keys/openai stays in a comment
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }
  openai: { key: "file:keys/openai" }   # beside
  other: { key: store:other, baseUrl: https://x.example/v1, dialect: chat, ca: ca.pem }
monitoring:
  host: true
`;

test('what the file names of this machine is on the far side a file of the release', () => {
  const byReference = new Map([
    ['env:ANTHROPIC_API_KEY', 'files/a'],
    ['store:other', 'files/c'],
  ]);
  const byPath = new Map([
    ['/here/keys/openai', 'files/b'],
    ['/here/ca.pem', 'files/0-ca.pem'],
  ]);
  const changed = carriedConfig(text, { byReference, byPath }, (path) => join('/here', path));
  const lines = changed.split('\n');
  assert.equal(lines[1], '# file:keys/openai stays in a comment');
  assert.equal(lines[3], '  anthropic: { key: "file:files/a" }');
  assert.equal(lines[4], '  openai: { key: "file:files/b" }   # beside');
  assert.match(lines[5] ?? '', /key: "file:files\/c", .* ca: "files\/0-ca\.pem" }$/);
});

test('what is not carried stays as it was written', () => {
  const none = { byReference: new Map(), byPath: new Map() };
  assert.equal(
    carriedConfig(text, none, (path) => path),
    text,
  );
});

test('every path of the file is told of, so that none is forgotten', () => {
  const named: string[] = [];
  const more = 'ingress: { tls: { cert: c.pem, key: /k.pem } }\nbudget: { usd: 1, per: day }\n';
  const config = `version: 1\nproviders:\n  openai: { key: file:keys/openai }\n${more}`;
  parseConfig(config, '/here/clincher.yaml', { named: (path) => void named.push(path) });
  assert.deepEqual(named.sort(), ['/here/c.pem', '/here/keys/openai', '/k.pem']);
});

for (const [name, args, says] of [
  ['without a destination', [], /where to is not said[\s\S]*--to USER@HOST/],
  ['to a host of another kind', ['--to', 'x', '--host', 'database'], /Allowed choices are app/],
] as const) {
  test(`deploying ${name} is wrong input`, async () => {
    const { code, stderr } = await clincher(['deploy', ...args]);
    assert.match(stderr, says);
    assert.equal(code, 2);
  });
}
