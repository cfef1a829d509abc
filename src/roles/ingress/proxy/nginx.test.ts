// What a user names stays one word in nginx's file, whatever it holds: read back by nginx itself.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClincherError } from '../../../kit/error.ts';
import { ingressProgram } from '../../../testing/ingress-programs.ts';
import { run } from '../../../testing/run-program.ts';
import { tempDir } from '../../../testing/temp-dir.ts';
import { type IngressSettings, ingressSettings } from '../settings.ts';
import { nginxProgram, renderNginx } from './nginx.ts';

const file = ingressProgram('nginx');
const part = fc.oneof(
  fc.constantFrom('"', "'", '\\', '\\"', '{', '}', ';', '#', ' ', '\t', '$host', '${host}', '*'),
  fc.constantFrom('\n', '\r', '";}', '" ;include /etc/passwd;#', '{env.HOME}', '~', '\u00e9', 'a'),
  fc.string({ maxLength: 6 }),
);
const hostile = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));

function settingsWith(tls: IngressSettings['tls'], to: string): IngressSettings {
  return ingressSettings.parse({
    service: 'ingress',
    admin: [],
    listen: [{ address: 'tcp:127.0.0.1:9', caller: 'people' }],
    origin: 'https://localhost:9',
    tls,
    routes: [{ prefix: '/', service: 'gateway', to, bearerFile: '/token' }],
    program: { name: 'nginx', file },
  });
}

/** What nginx says of the file, or null where we refused to write one. */
async function said(settings: IngressSettings, token: string): Promise<string | null> {
  using dir = tempDir();
  const live = { rate: { requests: 300, perSeconds: 10 } };
  const view = { settings, live, tokens: new Map([['/', token]]), folder: dir.path };
  let text: string;
  try {
    text = renderNginx({ ...view, version: '1.22.1', isRoot: true });
  } catch (error) {
    assert.ok(error instanceof ClincherError && error.code === 'settings-invalid');
    return null;
  }
  const configFile = join(dir.path, 'nginx.conf');
  await writeFile(configFile, text);
  const { stderr } = await run([file, ...nginxProgram.testArgv(configFile)]);
  return stderr;
}

test('a certificate of any name is that certificate, or is refused before nginx sees it', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (name) => {
      const certFile = `/nowhere/${name}`;
      const text = await said(settingsWith({ certFile, keyFile: '/k' }, 'unix:/gw'), 'token');
      if (text === null) return assert.match(name, /[$\0\r\n]/);
      assert.ok(text.includes(`cannot load certificate "${certFile}"`), text);
    }),
    { numRuns: 60 },
  );
});

test('a token of any kind is a token: nothing of it becomes part of the file', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (token) => {
      const tls = { certFile: '/nowhere/c', keyFile: '/k' };
      const text = await said(settingsWith(tls, 'unix:/gw'), token);
      assert.match(String(text), /cannot load certificate "\/nowhere\/c"/);
    }),
    { numRuns: 60 },
  );
});

test('a socket that holds what nginx takes for a variable is refused with a reason', async () => {
  const tls = { certFile: '/nowhere/c', keyFile: '/k' };
  assert.equal(await said(settingsWith(tls, 'unix:/gw$host'), 'token'), null);
});
