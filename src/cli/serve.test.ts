// `clincher serve`: a wrong settings file, or a wrong file that it names, ends the program with 2
// before anything listens, and says where it is wrong.

import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../testing/run-program.ts';
import { temporaryFolder } from '../testing/wire.ts';

test('a role that is to gain no privileges starts only where the kernel gives it none', async () => {
  const held = ['egress', '--settings', '/nonexistent.json', '--no-new-privileges'];
  const argv = [process.execPath, 'src/cli/serve.ts', ...held];
  const open = await run(argv);
  assert.equal(open.code, 3, open.stderr);
  assert.match(open.stderr, /lets it gain new privileges.*no-new-privileges.*daemon\.json/);
  // It gets as far as its settings, which are missing.
  const bound = await run(['setpriv', '--no-new-privs', ...argv]);
  assert.equal(bound.code, 2, bound.stderr);
  assert.match(bound.stderr, /nonexistent\.json cannot be read/);
});

/** What is wrong, the settings, the policy file, and what is said. */
const faults: readonly (readonly [string, object | string, string, string])[] = [
  [
    'a misspelt key',
    { lisen: [] },
    'rules: []',
    'egress.json:1:2 lisen: unknown key; did you mean \\"listen\\"?',
  ],
  ['no JSON', '{\n  "service": egress\n}', '', 'egress.json:2:14: it is not JSON from here on'],
  [
    'a policy file with a misspelt key',
    {},
    'rules:\n  - { caller: llm, host: [a.example] }',
    'policy.yaml:2:20 rules[0].host: unknown key; did you mean \\"hosts\\"?',
  ],
  [
    'credentials that are none',
    { listen: 'credentials' },
    'rules: []',
    'policy.yaml:1:1: a line is not CALLER:sha256:SALT:HASH',
  ],
];
for (const [what, change, policy, said] of faults) {
  test(`serve egress with ${what} exits 2, says where, and does not listen`, async () => {
    await using folder = await temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    const address = `unix:${at('sock')}`;
    const credentials = { address, identify: 'credentials', credentialsFile: at('policy.yaml') };
    const good = {
      service: 'egress',
      admin: [],
      listen: [{ address, caller: 'llm' }],
      rules: [],
    };
    const wantsCredentials = typeof change === 'object' && Object.hasOwn(change, 'listen');
    const settings = wantsCredentials
      ? { ...good, listen: [credentials] }
      : { ...(change as object), ...good, policyFile: { path: at('policy.yaml') } };
    await writeFile(at('policy.yaml'), policy);
    const text = typeof change === 'string' ? change : JSON.stringify(settings);
    await writeFile(at('egress.json'), text);
    const argv = ['src/cli/main.ts', 'serve', 'egress', '--settings', at('egress.json')];
    const { code, stderr } = await run([process.execPath, ...argv]);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(`${folder.path}/${said}`), stderr);
    await assert.rejects(stat(at('sock')), { code: 'ENOENT' });
  });
}
