// Reading the file itself: every way in which it can be missing or not readable, and relative
// paths.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ClincherError } from '../kit/error.ts';
import { llmRulesOf } from '../topology/llm-rules.ts';
import { loadConfig } from './load.ts';
import { configBytesMax } from './read-file.ts';
import { starterText } from './starter.ts';

const folder = mkdtempSync(join(tmpdir(), 'clincher-config-'));
after(() => rmSync(folder, { recursive: true }));

async function refused(path: string): Promise<ClincherError> {
  try {
    await loadConfig(path);
  } catch (error) {
    assert.ok(error instanceof ClincherError, String(error));
    return error;
  }
  assert.fail('it was read');
}

function written(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('a file that is not there, or whose folder is none, is missing', async () => {
  const file = written('file', 'x');
  for (const path of [join(folder, 'nothing.yaml'), join(file, 'below.yaml')]) {
    const error = await refused(path);
    assert.equal(error.code, 'config-missing');
    assert.equal(error.message, `there is no file ${path}`);
    assert.match(error.fix ?? '', /clincher up/);
    assert.equal(error.exitCode, 2);
  }
});

const unreadable: Readonly<Record<string, readonly [string, string | Buffer]>> = {
  'bytes that are no UTF-8': ['is not UTF-8 text', Buffer.from([0x76, 0xff, 0xfe, 0x00])],
  'another encoding': ['is not UTF-8 text', Buffer.from('\ufeffversion: 1\n', 'utf16le')],
  'one byte too many': ['is larger than 256 KiB', '#'.repeat(configBytesMax + 1)],
};

for (const [what, [message, content]] of Object.entries(unreadable)) {
  test(`a file of ${what} cannot be read, and says so`, async () => {
    const path = written('unreadable.yaml', content);
    const error = await refused(path);
    assert.equal(error.code, 'config-unreadable');
    assert.equal(error.message, `${path} ${message}`);
  });
}

test('a folder and a named pipe in the place of the file are refused at once', async () => {
  const inner = join(folder, 'folder.yaml');
  mkdirSync(inner);
  assert.equal((await refused(inner)).message, `${inner} is a folder`);
  const pipe = join(folder, 'pipe.yaml');
  execFileSync('mkfifo', [pipe]);
  assert.equal((await refused(pipe)).message, `${pipe} is not a file`);
  assert.equal((await refused('/dev/zero')).message, '/dev/zero is not a file');
});

test('a circle of links and a name that is too long are refused with their reason', async () => {
  const link = join(folder, 'link.yaml');
  symlinkSync(link, link);
  assert.equal((await refused(link)).message, `${link} cannot be opened (ELOOP)`);
  const long = join(folder, 'x'.repeat(300));
  assert.equal((await refused(long)).message, `${long} cannot be opened (ENAMETOOLONG)`);
});

test('a file that this user may not read is said to be that', async (t) => {
  const path = written('private.yaml', 'version: 1\n');
  chmodSync(path, 0);
  if (process.getuid?.() !== 0) {
    assert.equal((await refused(path)).message, `${path} may not be read by this user`);
    return;
  }
  // Root may read everything, so the question is put as nobody.
  process.seteuid?.(65_534);
  t.after(() => process.seteuid?.(0));
  chmodAsRoot(path);
  assert.equal((await refused(path)).message, `${path} may not be read by this user`);
});

/** The folder must let nobody through, so that it is the file that refuses. */
function chmodAsRoot(path: string): void {
  process.seteuid?.(0);
  chmodSync(folder, 0o755);
  chmodSync(path, 0);
  process.seteuid?.(65_534);
}

test('relative paths are relative to the file, not to where the command is run', async () => {
  const path = written(
    'paths.yaml',
    [
      'version: 1',
      'providers:',
      '  house:',
      '    { key: file:keys/house, baseUrl: https://h.example, dialect: openai, ca: ../ca.pem }',
      'models: { default: house/small }',
      'ingress: { tls: { cert: tls/chain.pem, key: /etc/tls/key.pem } }',
    ].join('\n'),
  );
  const { options, dir, file } = await loadConfig(path);
  assert.equal(dir, folder);
  assert.equal(file, path);
  assert.deepEqual(options.providers[0]?.key, { kind: 'file', path: join(folder, 'keys/house') });
  assert.equal(options.providers[0]?.caFile, join(folder, '../ca.pem'));
  assert.deepEqual(options.ingress.tls, {
    certFile: join(folder, 'tls/chain.pem'),
    keyFile: '/etc/tls/key.pem',
  });
});

test('what the file cannot know is told: whether it is the demonstration', async () => {
  const path = written('starter.yaml', starterText('clincher.schema.json'));
  const { options } = await loadConfig(path, { demo: true });
  assert.equal(options.demo, true);
  const plain = (await loadConfig(path)).options;
  assert.equal(plain.demo, false);
});

test('a byte order mark and Windows line ends are read', async () => {
  const text = `\ufeff${starterText('x').replaceAll('\n', '\r\n')}`;
  const { options } = await loadConfig(written('windows.yaml', text));
  assert.equal(options.providers[0]?.name, 'anthropic');
});

test('LiteLLM’s names of metrics are told to the model proxy, without a monitoring host, too', async () => {
  for (const litellmNames of [true, false]) {
    const text = `version: 1\nproviders:\n  anthropic: { key: env:KEY }\nmonitoring:\n  host: false\n`;
    const path = written('names.yaml', `${text}  litellmNames: ${litellmNames}\n`);
    const { options } = await loadConfig(path);
    assert.equal(options.monitoring, null);
    assert.equal(llmRulesOf(options).litellmMetrics, litellmNames);
  }
});
