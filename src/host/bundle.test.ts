// What a service is told reaches its folder, for the owner alone.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Secret } from '../kit/secret.ts';
import { tinyService } from '../testing/tiny-service.ts';
import { bundleName, fillSecrets, writeBundle } from './bundle.ts';
import { hostPaths } from './host-paths.ts';

const paths = hostPaths(mkdtempSync(join(tmpdir(), 'clincher-test-')));
after(() => rmSync(paths.stateDir, { recursive: true }));
const source = async (name: string) => (name === 'unset' ? null : new Secret(`value-of-${name}`));

test('a bundle holds the settings, the secrets that have a value and the filled files, for the owner alone', async () => {
  const files = [{ path: '/a.json', content: '{"token":"{{secret:token}}"}' }];
  const service = tinyService('one', {}, { secrets: ['token', 'unset'], files });
  const bundle = paths.bundle('one', bundleName(service));
  assert.deepEqual(await writeBundle(service, bundle, source), ['token']);
  assert.deepEqual(readdirSync(join(bundle, 'secrets')), ['token']);
  assert.equal(readFileSync(join(bundle, 'secrets/token'), 'utf8'), 'value-of-token');
  assert.equal(readFileSync(join(bundle, 'files/0'), 'utf8'), '{"token":"value-of-token"}');
  assert.deepEqual(
    JSON.parse(readFileSync(join(bundle, 'settings.json'), 'utf8')),
    service.settings,
  );
  for (const [name, mode] of [
    ['secrets', 0o700],
    ['secrets/token', 0o600],
    ['files/0', 0o600],
  ] as const) {
    assert.equal(statSync(join(bundle, name)).mode & 0o777, mode, name);
  }
});

test('a bundle that cannot be finished leaves nothing behind', async () => {
  const files = [{ path: '/a.json', content: '{{secret:unset}}' }];
  const service = tinyService('two', {}, { secrets: ['token', 'unset'], files });
  const bundle = paths.bundle('two', bundleName(service));
  await assert.rejects(writeBundle(service, bundle, source), { code: 'secret-missing' });
  assert.deepEqual(existsSync(paths.bundles('two')) ? readdirSync(paths.bundles('two')) : [], []);
});

test('a file gets no secret that its service does not hold, and a value is never read as a pattern', () => {
  const held = new Map([['a', new Secret('$&{{secret:b}}')]]);
  assert.equal(fillSecrets('x{{secret:a}}y', '/f', held), 'x$&{{secret:b}}y');
  for (const content of ['{{secret:b}}', '{{secret:}}', '{{secret:__proto__}}']) {
    assert.throws(() => fillSecrets(content, '/f', held), { code: 'secret-missing' }, content);
  }
});
