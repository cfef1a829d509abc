// What a user names stays one word in a program's file, whatever it holds: the program reads it.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClincherError } from '../../../kit/error.ts';
import { ingressProgram } from '../../../testing/ingress-programs.ts';
import { run } from '../../../testing/run-program.ts';
import { tempDir } from '../../../testing/temp-dir.ts';
import { type IngressProgram, type IngressSettings, ingressSettings } from '../settings.ts';
import { caddyProgram } from './caddy.ts';
import { nginxProgram } from './nginx.ts';
import type { ProxyProgram } from './program.ts';

interface Told {
  readonly program: ProxyProgram;
  readonly version: string;
  /** What it has no way to be told. */
  readonly refused: RegExp;
  missing(certFile: string): string;
  readonly numRuns: number;
}

const programs: readonly Told[] = [
  {
    program: nginxProgram,
    version: '1.22.1',
    refused: /[$\0\r\n]/,
    missing: (certFile) => `cannot load certificate "${certFile}"`,
    numRuns: 40,
  },
  {
    program: caddyProgram,
    version: '2.6.2',
    refused: /[{}\0]/,
    missing: (certFile) => `open ${certFile}: no such file`,
    // Each takes it half a second.
    numRuns: 12,
  },
];

const part = fc.oneof(
  fc.constantFrom(
    '"',
    "'",
    '\\',
    '\\"',
    '{',
    '}',
    ';',
    '#',
    ' ',
    '\t',
    '$host',
    `$${'{host}'}`,
    '*',
  ),
  fc.constantFrom('\n', '\r', '";}', '" ;include /etc/passwd;#', '{env.HOME}', '~', '\u00e9', 'a'),
  fc.string({ maxLength: 6 }),
);
const hostile = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));

function settingsWith(
  name: IngressProgram,
  tls: IngressSettings['tls'],
  to = 'unix:/gw',
): IngressSettings {
  return ingressSettings.parse({
    service: 'ingress',
    admin: [],
    listen: [{ address: 'tcp:127.0.0.1:9', caller: 'people' }],
    origin: 'https://localhost:9',
    tls,
    routes: [{ prefix: '/', service: 'gateway', to, bearerFile: '/token' }],
    program: { name, file: ingressProgram(name) },
  });
}

/** What it says of the file, or null where we refused to write one. */
async function said(
  { program, version }: Told,
  settings: IngressSettings,
  token: string,
): Promise<string | null> {
  using dir = tempDir();
  const live = { rate: { requests: 300, perSeconds: 10 } };
  const view = { settings, live, tokens: new Map([['/', token]]), folder: dir.path };
  const configFile = join(dir.path, program.configName);
  try {
    await writeFile(configFile, program.render({ ...view, version, isRoot: true }));
  } catch (error) {
    assert.ok(error instanceof ClincherError && error.code === 'settings-invalid');
    return null;
  }
  const argv = [ingressProgram(program.name), ...program.testArgv(configFile)];
  const env = { ...program.environment([], dir.path) };
  return (await run(argv, { env, deadlineMs: 60_000 })).stderr;
}

for (const told of programs) {
  const { program, refused, missing, numRuns } = told;
  const { name } = program;
  const keyFile = '/k';

  test(`${name}: a certificate of any name is that certificate, or is refused first`, async () => {
    const property = fc.asyncProperty(hostile, async (part) => {
      const certFile = `/nowhere/${part}`;
      const text = await said(told, settingsWith(name, { certFile, keyFile }), 'token');
      if (text === null) return assert.match(part, refused);
      assert.ok(text.includes(missing(certFile)), text);
    });
    await fc.assert(property, { numRuns });
  });

  test(`${name}: a token of any kind is a token, and nothing of it part of the file`, async () => {
    const certFile = '/nowhere/c';
    const property = fc.asyncProperty(hostile, async (token) => {
      const text = await said(told, settingsWith(name, { certFile, keyFile }), token);
      assert.ok(String(text).includes(missing(certFile)), String(text));
    });
    await fc.assert(property, { numRuns });
  });

  test(`${name}: a socket that holds a name of its own is refused with a reason`, async () => {
    const tls = { certFile: '/c', keyFile };
    assert.equal(await said(told, settingsWith(name, tls, 'unix:/gw$host{env.HOME}'), 'x'), null);
  });
}
