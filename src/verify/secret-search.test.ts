// The search for secrets, run as the probe runs it: it finds a value wherever it is, knowing only
// fingerprints.

import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import ssh2 from 'ssh2';
import { Secret } from '../kit/secret.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { runOnHost } from './host-probes.ts';
import { createProbes } from './probe-program.ts';
import type { SecretsInput } from './probes/secrets.ts';
import { needlesOf, rollingHash, searchFor } from './secret-search.ts';

const value = 'sk-ant-0123456789-abcdefghij';
const pem = `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(63)}b\n${'C'.repeat(20)}\n-----END PRIVATE KEY-----`;

test('what is sent into a service tells nothing of the values', () => {
  const input = JSON.stringify(searchFor(new Map([['key', new Secret(value)]]), 1_000));
  assert.ok(!input.includes(value));
  assert.ok(!input.includes(Buffer.from(value).toString('base64').slice(0, 12)));
});

test('two runs have nothing in common that could be collected', () => {
  const digests = () =>
    searchFor(new Map([['key', new Secret(value)]]), 1_000).fingerprints.map(
      ({ digest }) => digest,
    );
  const [one, other] = [digests(), digests()];
  assert.equal(new Set([...one, ...other]).size, one.length + other.length);
});

test('of a key file its longest line is searched for, of a certificate nothing, of a short value nothing', () => {
  assert.equal(needlesOf(pem)[0], `${'A'.repeat(63)}b`);
  assert.deepEqual(needlesOf(pem.replaceAll('PRIVATE KEY', 'CERTIFICATE')), []);
  assert.deepEqual(needlesOf('short'), []);
});

test('the rolling hash of a window is the hash of its bytes, whatever came before', () => {
  const base = searchFor(new Map(), 1).base;
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.uint8Array(),
      (window, before) => {
        const bytes = Buffer.concat([before, window]);
        let power = 1;
        for (const _ of window) power = Math.imul(power, base);
        let rolling = 0;
        for (const [index, byte] of bytes.entries()) {
          rolling = (Math.imul(rolling, base) + byte) | 0;
          const oldest = bytes[index - window.length];
          if (oldest !== undefined) rolling = (rolling - Math.imul(oldest, power)) | 0;
        }
        assert.equal(rolling, rollingHash(Buffer.from(window)));
      },
    ),
    { numRuns: 200 },
  );
});

test('the probe finds a value inside other text, in every encoding, and only those', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clincher-search-'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('plain', `{"a":"Bearer ${value}"}`);
  write('basic', `Authorization: Basic ${Buffer.from(value).toString('base64')}`);
  write('hex', `x${Buffer.from(value).toString('hex').toUpperCase()}`);
  write('inside', Buffer.from(`user:${value}:more`).toString('base64url'));
  write('percent', Buffer.from(value).toString('hex').replace(/../g, '%$&'));
  write('other', value.replace('j', 'k'));
  // The same ending, which is what the rolling hash sees.
  write('ending', value.replace('ant', 'bnt'));
  write('key.pem', `x\r\n${pem.replaceAll('\n', '\r\n')}`);
  const secrets = new Map([
    ['key', new Secret(value)],
    ['pem', new Secret(pem)],
  ]);
  const { hits, complete, files } = await searchIn(folder, searchFor(secrets, 15_000));
  rmSync(folder, { recursive: true });
  const found = hits
    .filter(({ kind }) => kind === 'file')
    .map(({ secret, where }) => [secret, where]);
  // One that stands there in two of its forms is found twice: a report says it once.
  const places = [...new Map(found.map((place) => [place.join(' '), place])).values()];
  assert.deepEqual(places.toSorted(), [
    ['key', join(folder, 'basic')],
    ['key', join(folder, 'hex')],
    ['key', join(folder, 'inside')],
    ['key', join(folder, 'percent')],
    ['key', join(folder, 'plain')],
    ['pem', join(folder, 'key.pem')],
  ]);
  assert.equal(complete, true);
  assert.equal(files, 8);
});

const fromRoot = "const folders = ['/', ...memoryFolders];";

/**
 * The program searches the file system from its root on; here that is the test's own folder.
 * `before` is said in front of it.
 */
async function searchIn(folder: string, input: SecretsInput, folders?: string, before = '') {
  const instead = folders ?? `const folders = ['${folder}'];`;
  const probes = await createProbes((_, program, given) =>
    runOnHost(`${before}${program.replace(fromRoot, instead)}`, given, 60_000),
  );
  return probes.secrets('host', input);
}

test('a large file is searched to its end, across its pieces, and named once', async () => {
  using folder = tempDir();
  const write = (name: string, ...parts: readonly string[]) =>
    writeFileSync(join(folder.path, name), parts.join(''));
  const mebibyte = 1024 * 1024;
  for (const back of [1, 7, value.length - 1, value.length]) {
    write(`across-${back}`, 'x'.repeat(2 * mebibyte - back), value, 'y'.repeat(mebibyte));
  }
  write('at-the-end', 'x'.repeat(3 * mebibyte), value);
  write('everywhere', value.repeat(50_000));
  write('nowhere', 'x'.repeat(mebibyte), value.replace('j', 'k'), 'x'.repeat(mebibyte));
  const found = await searchIn(
    folder.path,
    searchFor(new Map([['key', new Secret(value)]]), 30_000),
  );
  assert.deepEqual(
    found.hits
      .filter(({ kind }) => kind === 'file')
      .map(({ where }) => basename(where))
      .toSorted(),
    ['across-1', 'across-27', 'across-28', 'across-7', 'at-the-end', 'everywhere'],
  );
  assert.equal(found.complete, true);
});

test('a bound that ends the search is told, and is not nothing found', async () => {
  using folder = tempDir();
  writeFileSync(join(folder.path, 'large'), `${'x'.repeat(3 * 1024 * 1024)}${value}`);
  const input = searchFor(new Map([['key', new Secret(value)]]), 30_000);
  const cut = await searchIn(folder.path, { ...input, totalBytesMax: 1024 * 1024 });
  assert.deepEqual([cut.complete, cut.hits.length], [false, 0]);
  const late = await searchIn(folder.path, { ...input, deadlineMs: 0 });
  assert.equal(late.complete, false);
});

test('nothing hides in a folder that is called like a package, nor behind its own mode', async () => {
  using folder = tempDir();
  mkdirSync(join(folder.path, 'node_modules'));
  writeFileSync(join(folder.path, 'node_modules/kept'), value);
  const input = searchFor(new Map([['key', new Secret(value)]]), 30_000);
  const named = await searchIn(folder.path, input);
  assert.deepEqual(
    named.hits.filter(({ kind }) => kind === 'file').map(({ where }) => basename(where)),
    ['kept'],
  );
  assert.equal(named.complete, true);
  // Root reads what it likes: another user searches, whose files they are.
  const user = 65_534;
  const asUser = process.getuid?.() === 0 ? `process.setuid?.(${user});\n` : '';
  const search = () => searchIn(folder.path, input, undefined, asUser);
  chmodSync(folder.path, 0o755);
  for (const name of ['file', 'folder']) {
    const hidden = join(folder.path, name);
    if (name === 'file') writeFileSync(hidden, value);
    else mkdirSync(hidden);
    chmodSync(hidden, 0o000);
    if (asUser !== '') chownSync(hidden, user, user);
    assert.equal((await search()).complete, false, name);
    rmSync(hidden, { recursive: true });
  }
  assert.equal((await search()).complete, true);
});

test('a package of somebody else is left out, and a folder that its owner closed is not', async () => {
  using folder = tempDir();
  const named = join(folder.path, 'node_modules');
  mkdirSync(named);
  writeFileSync(join(named, 'kept'), value);
  chmodSync(folder.path, 0o755);
  chmodSync(named, 0o555);
  const input = searchFor(new Map([['key', new Secret(value)]]), 30_000);
  const isRoot = process.getuid?.() === 0;
  const user = 65_534;
  const asUser = isRoot ? `process.setuid?.(${user});\n` : '';
  const found = async () => {
    const { hits } = await searchIn(folder.path, input, undefined, asUser);
    return hits.filter(({ kind }) => kind === 'file').map(({ where }) => basename(where));
  };
  if (isRoot) assert.deepEqual(await found(), []);
  if (isRoot) chownSync(named, user, user);
  assert.deepEqual(await found(), ['kept']);
});

test('memory that has files is searched, too', async () => {
  const file = `/dev/shm/clincher-search-${process.pid}`;
  writeFileSync(file, value);
  const input = searchFor(new Map([['key', new Secret(value)]]), 30_000);
  const found = await searchIn('/dev/shm', input, 'const folders = [...memoryFolders];');
  rmSync(file);
  assert.ok(found.hits.some(({ where }) => where === file));
});

test('of a key file that line is searched for which no other key has', () => {
  const key = () => needlesOf(ssh2.utils.generateKeyPairSync('ed25519').private);
  const [one, other] = [key(), key()];
  assert.deepEqual(
    one?.filter((needle) => other?.includes(needle)),
    [],
  );
});
