// Proxy credentials: the one right header, the many that are nearly right, and files that hold
// something else than hashes.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../testing/wire.ts';
import { credentialLine, parseCredentials } from './credentials.ts';
import { openIdentity } from './identity.ts';

const secret = 'correct:horse_battery-staple';
const salt = (byte: number) => Buffer.alloc(16, byte);
const file = [
  '# who may use the proxy',
  credentialLine('llm', secret, salt(1)),
  '',
  `  ${credentialLine('gateway', 'old-secret', salt(2))}  `,
  credentialLine('gateway', 'new-secret', salt(3)),
].join('\n');
const credentials = parseCredentials(file, 'callers');
const basic = (text: string) => `Basic ${Buffer.from(text, 'latin1').toString('base64')}`;

const headers: readonly (readonly [string, string, string | null])[] = [
  ['the right secret', basic(`llm:${secret}`), 'llm'],
  ['the scheme in other case', basic(`llm:${secret}`).replace('Basic', 'bAsIc'), 'llm'],
  ['the old secret of two', basic('gateway:old-secret'), 'gateway'],
  ['the new secret of two', basic('gateway:new-secret'), 'gateway'],
  ['a wrong secret', basic('llm:wrong'), null],
  ["another caller's secret", basic(`gateway:${secret}`), null],
  ['a caller that is not there', basic(`nobody:${secret}`), null],
  ['a caller in capitals', basic(`LLM:${secret}`), null],
  ['a secret that goes on', basic(`llm:${secret}x`), null],
  ['a secret cut short', basic(`llm:${secret.slice(0, -1)}`), null],
  ['no secret', basic('llm:'), null],
  ['no colon', basic('llm'), null],
  ['no caller', basic(`:${secret}`), null],
  ['the name of an inherited property', basic('constructor:'), null],
  ['a control character', basic(`llm:${secret}\0`), null],
  ['a byte beyond ASCII', basic(`llm:${secret}\xff`), null],
  ['another scheme', basic(`llm:${secret}`).replace('Basic', 'Bearer'), null],
  ['no scheme', basic(`llm:${secret}`).replace('Basic ', ''), null],
  ['base64 without its padding', basic(`llm:${secret}`).replace(/=+$/, ''), null],
  ['base64 of the URL kind', 'Basic bGxtOl8t_-==', null],
  ['a comma and more', `${basic(`llm:${secret}`)}, Basic eDp5`, null],
  ['a header without end', basic(`llm:${'x'.repeat(2_000)}`), null],
  ['the hash for the secret', basic(`llm:${file.split('\n')[1]?.split(':')[3]}`), null],
  ['nothing', '', null],
];
for (const [what, header, caller] of headers) {
  test(`credentials with ${what} are those of ${caller ?? 'nobody'}`, () => {
    assert.equal(credentials.find(header)?.caller ?? null, caller);
  });
}

test('only the secret itself opens, whatever is tried', () => {
  fc.assert(
    fc.property(fc.string(), (guess) => {
      fc.pre(guess !== secret);
      assert.equal(credentials.find(basic(`llm:${guess}`)), null);
    }),
    { numRuns: 500 },
  );
});

const badLines: readonly (readonly [string, string, number])[] = [
  ['a secret in the clear', 'llm:hunter2-hunter2', 1],
  ['another hash', `llm:md5:${'0'.repeat(32)}:${'0'.repeat(64)}`, 1],
  ['a short hash', `llm:sha256:${'0'.repeat(32)}:${'0'.repeat(63)}`, 1],
  ['a hash in capitals', `llm:sha256:${'0'.repeat(32)}:${'A'.repeat(64)}`, 1],
  ['a caller with a space', `l m:sha256:${'0'.repeat(32)}:${'0'.repeat(64)}`, 1],
  ['an empty caller', `:sha256:${'0'.repeat(32)}:${'0'.repeat(64)}`, 1],
  ['something after the hash', `  ${credentialLine('llm', 'x', salt(1))} # mine`, 3],
];
for (const [what, text, column] of badLines) {
  test(`a credentials file with ${what} is refused with its place, and not quoted`, () => {
    assert.throws(
      () => parseCredentials(`# callers\n${text}\n`, 'callers'),
      (error: Error & { at?: unknown; code?: unknown }) => {
        assert.deepEqual(error.at, { file: 'callers', line: 2, column });
        assert.equal(error.code, 'settings-invalid');
        return !error.message.includes('hunter2') && !error.message.includes('0000');
      },
    );
  });
}

test('a listener with credentials asks for them, and tells missing from wrong', async () => {
  await using folder = await temporaryFolder();
  const credentialsFile = join(folder.path, 'callers');
  const listener = { address: 'fd:3', identify: 'credentials', credentialsFile } as const;
  await assert.rejects(openIdentity(listener), { code: 'settings-invalid' });
  await writeFile(credentialsFile, file);
  const identity = await openIdentity(listener);
  assert.equal(identity.needsCredentials, true);
  const ask = (header: string | null) => identity.identify(header, new Socket());
  assert.deepEqual(ask(basic(`llm:${secret}`)), { ok: 'llm' });
  assert.deepEqual(ask(null), { no: { reason: 'credentials-missing', rule: null } });
  const wrong = ask(basic('llm:wrong'));
  assert.deepEqual(wrong, { no: { reason: 'credentials-wrong', rule: null } });
});
