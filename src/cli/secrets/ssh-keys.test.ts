// The keys of the sandbox's door: two pairs that ssh(1) and the library can read, and that belong
// together.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultPlace } from '../../kit/place.ts';
import { Secret } from '../../kit/secret.ts';
import { systemWorld } from '../../kit/world.ts';
import { run } from '../../testing/run-program.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import {
  sandboxAuthorizedKey,
  sandboxClientKey,
  sandboxHostKey,
  sandboxKnownHosts,
} from '../../topology/secrets.ts';
import { generateSecrets } from './generate.ts';
import { makeKeyPair, makeSshKeys, sshKeysMatch } from './ssh-keys.ts';
import { secretStore } from './store.ts';

const names = [sandboxHostKey, sandboxKnownHosts, sandboxClientKey, sandboxAuthorizedKey];

test('each end has its own private key and the public one of the other', async () => {
  using dir = tempDir();
  const keys = makeSshKeys();
  assert.ok(sshKeysMatch(keys));
  const publicOf = async (name: string) => {
    const file = join(dir.path, name);
    writeFileSync(file, keys.get(name)?.reveal() ?? '', { mode: 0o600 });
    const { code, stdout, stderr } = await run(['ssh-keygen', '-y', '-f', file]);
    assert.equal(code, 0, stderr);
    return stdout.split(' ').slice(0, 2).join(' ');
  };
  const known = keys.get(sandboxKnownHosts)?.reveal() ?? '';
  assert.ok(known.startsWith(`[127.0.0.1]:2222 ${await publicOf(sandboxHostKey)} `), known);
  const authorized = keys.get(sandboxAuthorizedKey)?.reveal() ?? '';
  assert.ok(authorized.startsWith(`${await publicOf(sandboxClientKey)} `), authorized);
});

test('a key that cannot be read is made again', () => {
  let made = 0;
  const pair = makeKeyPair('c', (comment) => {
    made += 1;
    const good = makeKeyPair(comment);
    return made === 1 ? { ...good, private: good.private.replace(/\n.{20}/, '\n') } : good;
  });
  assert.equal(made, 2);
  assert.match(pair.private, /BEGIN OPENSSH/);
});

test('all four are made once, and all again when one of them is lost or of another pair', async () => {
  using dir = tempDir();
  const store = secretStore(dir.path);
  const at = defaultPlace();
  const generated = { kind: 'generated' } as const;
  const declared = names.map((name) => ({ name, kind: 'ssh-key', source: generated, at }) as const);
  const none = async () => assert.fail('no certificate is declared');
  const certificates = { server: none, client: none };
  const generate = () =>
    generateSecrets(
      declared,
      { host: 'localhost', foreign: false },
      store,
      systemWorld(),
      certificates,
    );
  assert.deepEqual([...(await generate())].sort(), [...names].sort());
  assert.deepEqual(await generate(), []);
  for (const name of names) {
    const other = makeSshKeys().get(name) ?? new Secret('');
    await store.write(name, other);
    assert.equal((await generate()).length, 4, name);
  }
});
