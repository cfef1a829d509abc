// What is kept of a public CA belongs to one account and one name: nothing of another counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../kit/secret.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { acmeFiles, noMemory } from './files.ts';

const subject = { host: 'a.example', directory: 'https://ca.example/dir', kid: null };

test('an account is of one CA, and of one account elsewhere that it is bound to', async () => {
  using folder = tempDir();
  const keyOf = async (of: Partial<Record<keyof typeof subject, string>>) =>
    (await acmeFiles(folder.path, { ...subject, ...of }).accountKey()).reveal();
  const plain = await keyOf({});
  const [bound, another] = [await keyOf({ kid: 'one' }), await keyOf({ kid: 'two' })];
  const elsewhere = await keyOf({ directory: 'https://other.example/dir' });
  assert.equal(new Set([plain, bound, another, elsewhere]).size, 4);
  assert.equal(await keyOf({ kid: 'one' }), bound);
  assert.equal(await keyOf({ host: 'b.example' }), plain);
});

test('a certificate and when to renew it are of one name at one CA', async () => {
  using folder = tempDir();
  const files = acmeFiles(folder.path, subject);
  const memory = { ...noMemory, failures: 3, trouble: 'refused' };
  await files.remember(memory);
  await files.keep({ keyPem: new Secret('key'), certPem: '-----BEGIN CERTIFICATE-----\nx' });
  assert.deepEqual(await files.memory(), memory);
  assert.equal((await files.pair())?.keyPem.reveal().trim(), 'key');
  for (const other of [{ host: 'b.example' }, { directory: 'https://other.example/dir' }]) {
    const others = acmeFiles(folder.path, { ...subject, ...other });
    assert.deepEqual([await others.memory(), await others.pair()], [noMemory, null]);
  }
});
