// `clincher deploy` as it is typed, with the real program and the real sshd.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFarHost } from '../src/testing/far-host.ts';
import { clincher, plainEnvironment } from '../src/testing/run-program.ts';
import { tempDir } from '../src/testing/temp-dir.ts';

withFarHost(import.meta.url, (box) => {
  test('as it is typed: the plan for a host, of the configuration and what it names', async () => {
    using folder = tempDir();
    const config = join(folder.path, 'clincher.yaml');
    const key = join(folder.path, 'key');
    await writeFile(key, 'sk-from-a-file');
    await writeFile(
      config,
      [
        'version: 1',
        'providers:',
        '  anthropic: { key: env:SOME_KEY }',
        '  openai: { key: file:key }',
        'budget: { usd: 1, per: day }',
        '',
      ].join('\n'),
    );
    const args = ['--config', config, '--to', 'box', '--ssh-config', box().configFile];
    const env = plainEnvironment({ SOME_KEY: 'sk-from-the-shell' });
    const options = { env, deadlineMs: 100_000 };
    const { code, stdout, stderr } = await clincher(['deploy', '--dry-run', ...args], options);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /sends the program and its locked dependencies \(\d+ MB\)/);
    assert.match(
      stdout,
      /clincher\.yaml, files\/provider-anthropic-key, files\/provider-openai-key/,
    );
    assert.match(stdout, /sends what clincher made: .*gateway-token/);
    assert.match(stderr, /nothing was done/);
    assert.ok(!`${stdout}${stderr}`.includes('sk-from'));
  });
});
