// What looks like a secret, and what does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskEnv, maskLabels } from './masks.ts';

test('variables that look like secrets keep their names alone', () => {
  const hidden = [
    'ANTHROPIC_API_KEY=x',
    'api_key=x',
    'apikey=x',
    'GITHUB_TOKEN=x',
    'PGPASSWORD=x',
    'MYSQL_ROOT_PASSWD=x',
    'PASS=x',
    'AWS_SECRET_ACCESS_KEY=x',
    'BASIC_AUTH=x',
    'SESSION_COOKIE=x',
    'SENTRY_DSN=x',
    'SSH_PRIVATE=x',
    'SLACK_WEBHOOK=x',
    'A=sk-abc',
    'A=ghp_abc',
    'A=eyJhbGciOi.x',
    'A=https://user:pw@example.com',
    'A=-----BEGIN PRIVATE KEY-----',
    'A=Bearer x',
    `A=${'a1'.repeat(16)}`,
  ];
  for (const entry of hidden) {
    assert.deepEqual(maskEnv([entry]), [`${entry.slice(0, entry.indexOf('='))}=***`], entry);
  }
});

test('variables that do not stay as they are', () => {
  const plain = [
    'PATH=/usr/local/bin:/usr/bin',
    'HOME=/root',
    'LANG=C.UTF-8',
    'AUTHOR=somebody',
    'NODE_VERSION=24.21.0',
    'URL=https://example.com/a:b@c',
    'EMPTY_TOKEN=',
    'NOVALUE',
    'KEYBOARD=de',
  ];
  assert.deepEqual(maskEnv(plain), plain);
  assert.deepEqual([maskEnv(null), maskEnv('x'), maskEnv([1])], [null, 'x', [1]]);
});

test('labels are masked but for those that the caller set', () => {
  const labels = { 'a.token': 'x', 'b.token': 'x', 'b.url': 'https://u:p@h', plain: 'x' };
  assert.deepEqual(
    maskLabels(labels, (key) => key.startsWith('a.')),
    {
      'a.token': 'x',
      'b.token': '***',
      'b.url': '***',
      plain: 'x',
    },
  );
  assert.equal(
    maskLabels(null, () => false),
    null,
  );
});
