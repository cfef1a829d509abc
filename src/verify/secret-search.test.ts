// The search for secrets, run as the probe runs it: it finds a value wherever it is, knowing only
// fingerprints.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import ssh2 from 'ssh2';
import { Secret } from '../kit/secret.ts';
import { runOnHost } from './host-probes.ts';
import { createProbes } from './probe-program.ts';
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
  // The program searches the file system from its root on; here that is the test's own folder.
  const probes = await createProbes((_, program, input) =>
    runOnHost(
      program.replace("const folders = ['/'];", `const folders = ['${folder}'];`),
      input,
      20_000,
    ),
  );
  const { hits, complete, files } = await probes.secrets('host', searchFor(secrets, 15_000));
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

test('of a key file that line is searched for which no other key has', () => {
  const key = () => needlesOf(ssh2.utils.generateKeyPairSync('ed25519').private);
  const [one, other] = [key(), key()];
  assert.deepEqual(
    one?.filter((needle) => other?.includes(needle)),
    [],
  );
});
