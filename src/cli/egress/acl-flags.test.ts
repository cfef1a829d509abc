// `clincher egress --acl`: flags become settings that the role accepts, or are refused in words;
// and a wrong ACL ends the program before it listens.

import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkedEgressSettings } from '../../roles/egress/check-settings.ts';
import { parseCredentials } from '../../roles/egress/credentials.ts';
import { run } from '../../testing/run-program.ts';
import { checkout } from '../../testing/source-tree.ts';
import { temporaryFolder } from '../../testing/wire.ts';
import { egressCommand } from '../commands/egress.ts';
import { type AclFlags, aclSettings } from './acl-flags.ts';
import { addCredential } from './add-credential.ts';

const acl = 'acl.yaml';
const listens = (flags: Partial<AclFlags>) =>
  checkedEgressSettings.parse(aclSettings({ acl, ...flags })).listen;

test('without flags it listens on loopback, and its clients are subject to the default rule', () => {
  assert.deepEqual(listens({}), [{ address: 'tcp:127.0.0.1:4750', caller: 'default' }]);
});

const tls = { certFile: 'c.pem', keyFile: 'c.pem' };
const identities: readonly (readonly [string, Partial<AclFlags>, object])[] = [
  [
    'a named caller',
    { listen: ['0.0.0.0:4750'], caller: 'one' },
    { address: 'tcp:0.0.0.0:4750', caller: 'one' },
  ],
  ['a socket', { listen: ['unix:/run/x'] }, { address: 'unix:/run/x', caller: 'default' }],
  [
    'mutual TLS from a bundle',
    { listen: ['[::]:4750'], tlsCert: 'c.pem', clientCa: 'ca.pem' },
    {
      address: 'tcp:[::]:4750',
      identify: 'mtls',
      callerFrom: 'cn',
      tls: { ...tls, caFile: 'ca.pem' },
    },
  ],
  [
    'mutual TLS with a list of the revoked',
    {
      listen: ['[::1]:1'],
      tlsCert: 'c.pem',
      tlsKey: 'k.pem',
      clientCa: 'ca.pem',
      clientCrl: 'crl.pem',
      callerFrom: 'ou',
      proxyProtocol: true,
    },
    {
      address: 'tcp:[::1]:1',
      identify: 'mtls',
      callerFrom: 'ou',
      tls: { certFile: 'c.pem', keyFile: 'k.pem', caFile: 'ca.pem', crlFile: 'crl.pem' },
      proxyProtocol: true,
    },
  ],
  [
    'credentials over TLS',
    { listen: ['10.0.0.1:1'], credentials: 'f', tlsCert: 'c.pem' },
    { address: 'tcp:10.0.0.1:1', identify: 'credentials', credentialsFile: 'f', tls },
  ],
];
for (const [what, flags, listener] of identities) {
  test(`flags for ${what} become a listener that the role accepts`, () => {
    assert.deepEqual(listens(flags), [listener]);
  });
}

test('each switch reaches the file it is for, and none is on by itself', () => {
  const off = aclSettings({ acl }).policyFile?.smokescreen ?? {};
  assert.ok(Object.values(off).every((value) => value === false) && Object.keys(off).length === 6);
  const names = ['anyPort', 'plaintext', 'plainHttp', 'rulesOverDeny', 'oneLabel'] as const;
  for (const name of names) {
    const on = aclSettings({ acl, [name]: true }).policyFile?.smokescreen ?? {};
    assert.deepEqual(on, { ...off, [name]: true });
  }
  const open = aclSettings({ acl, unsafeOpen: true }).policyFile?.smokescreen ?? {};
  assert.deepEqual(open, { ...off, open: true });
});

const refused: readonly (readonly [string, Partial<AclFlags>, RegExp])[] = [
  ['everyone on every address', { listen: ['0.0.0.0:4750'] }, /must be told apart/],
  ['everyone on one open address', { listen: ['127.0.0.1:1', '[::]:2'] }, /must be told apart/],
  ['two identities', { caller: 'a', credentials: 'f' }, /exclude one another/],
  ['a CA without a certificate', { clientCa: 'ca.pem' }, /needs --tls-cert/],
  ['a certificate for nothing', { tlsCert: 'c.pem' }, /needs --client-ca or --credentials/],
  ['a list without a CA', { clientCrl: 'crl.pem' }, /need --client-ca/],
  ['a name from nowhere', { callerFrom: 'cn' }, /need --client-ca/],
  ['a name from elsewhere', { clientCa: 'a', tlsCert: 'b', callerFrom: 'san' }, /cn or ou/],
  ['a listener by name', { listen: ['localhost:4750'] }, /localhost:4750 is not an address/],
  ['a name server by name', { resolver: ['dns.example'] }, /dns\.example is not the address/],
  ['a denied name', { denyAddress: ['a.example'] }, /a\.example is not an address/],
  ['everything allowed', { unsafeAllowAddress: ['0.0.0.0/0'] }, /too wide/],
];
for (const [what, flags, message] of refused) {
  test(`flags for ${what} are refused`, () => {
    assert.throws(() => aclSettings({ acl, ...flags }), { code: 'usage', message });
  });
}

test('a wrong ACL is told with its place, and nothing starts', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'acl.yaml');
  await writeFile(file, 'version: v1\nservices:\n  - { name: a, action: enforse }\n');
  const { code, stdout, stderr } = await run([
    ...[process.execPath, 'src/cli/main.ts', 'egress', '--acl', file],
    ...['--listen', `unix:${join(folder.path, 'sock')}`],
  ]);
  assert.deepEqual([code, stdout], [2, '']);
  assert.ok(stderr.startsWith(`clincher: 1 error in ${file}:\n`), stderr);
  assert.ok(stderr.includes(`${file}:3:16 services[0].action: must be open, report or enforce`));
  await assert.rejects(stat(join(folder.path, 'sock')), { code: 'ENOENT' });
});

test('a credential is kept as a hash only, and the one who made it has the secret', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'callers');
  await writeFile(file, '# callers, without a line end', { mode: 0o600 });
  const secrets = [await addCredential(file, 'llm'), await addCredential(file, 'llm')];
  const text = await readFile(file, 'utf8');
  const credentials = parseCredentials(text, file);
  for (const secret of secrets) {
    assert.ok(secret.length >= 43 && !text.includes(secret));
    const header = `Basic ${Buffer.from(`llm:${secret}`).toString('base64')}`;
    assert.equal(credentials.find(header)?.caller, 'llm');
  }
  await assert.rejects(addCredential(file, 'a:b'), { code: 'usage' });
  await writeFile(file, 'llm:in-the-clear\n');
  await assert.rejects(addCredential(file, 'llm'), { code: 'settings-invalid' });
  assert.equal(await readFile(file, 'utf8'), 'llm:in-the-clear\n');
});

test('what the docs tell people who come from Smokescreen is so', async () => {
  const docs = await readFile(join(checkout, 'docs', 'egress-from-smokescreen.md'), 'utf8');
  const [, example = ''] = /```json\n(.*?)```/s.exec(docs) ?? [];
  assert.equal(checkedEgressSettings.safeParse(JSON.parse(example)).success, true);
  const known = egressCommand().options.map((option) => option.long);
  const rows = docs.split('\n').filter((line) => line.startsWith('|'));
  const ours = rows.map((row) => row.split('|').slice(2).join('|')).join('\n');
  const named = new Set(ours.match(/--[a-z][a-z-]+/g));
  assert.ok(named.size > 12);
  for (const flag of named) assert.ok(known.includes(flag), `${flag} is not a flag`);
  for (const flag of ['--any-port', '--plaintext', '--plain-http', '--rules-over-deny']) {
    assert.ok(named.has(flag), `${flag} is not told of`);
  }
});
