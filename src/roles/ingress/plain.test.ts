// The listener without TLS: what a CA asks for and nothing else that lies there, and everybody else
// led to https, to the one origin and to no other.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { startIngress, type TestIngress } from '../../testing/ingress.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { dialTcp, exchange } from '../../testing/wire.ts';
import { type IngressProgram, ingressPrograms } from './settings.ts';

const token = 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0';
const answer = `${token}.${'a'.repeat(43)}`;
const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
const below = '/.well-known/acme-challenge';

interface Plain extends AsyncDisposable {
  readonly ingress: TestIngress;
  readonly dir: string;
  says(raw: string): Promise<string>;
}

async function startPlain(rules?: object, program?: IngressProgram): Promise<Plain> {
  const dir = tempDir();
  const port = await freePort();
  const listen = [{ address: `tcp:127.0.0.1:${port}`, caller: 'people' }];
  const more = rules === undefined ? {} : { rules };
  const plain = { listen, challengesDir: dir.path };
  const ingress = await startIngress([gateway], { plain, program, ...more });
  return {
    ingress,
    dir: dir.path,
    says: (raw) => exchange(dialTcp('127.0.0.1', port), raw),
    async [Symbol.asyncDispose]() {
      await ingress[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

const get = (path: string, more = '', host = 'localhost') =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

for (const program of [undefined, ...ingressPrograms]) {
  const who = program === undefined ? '' : `, also beside ${program}`;
  test(`a challenge is answered while its file is there, and each answer is on record${who}`, () =>
    answersChallenge(program));
}

async function answersChallenge(program: IngressProgram | undefined): Promise<void> {
  await using plain = await startPlain(undefined, program);
  assert.match(await plain.says(get(`${below}/${token}`)), /^HTTP\/1\.1 404 /);
  await writeFile(join(plain.dir, token), answer);
  const found = await plain.says(get(`${below}/${token}`));
  assert.match(found, /^HTTP\/1\.1 200 /);
  assert.equal(found.split('\r\n\r\n')[1], answer);
  const [, last] = plain.ingress.telemetry.decisions();
  assert.equal(last?.rule, 'challenge');
  assert.equal(last?.path, `${below}/${token}`);
}

test('everything else is led to https at the one origin', async () => {
  await using plain = await startPlain();
  const { origin } = plain.ingress;
  for (const path of ['/', '/chat?session=1', '/.well-known/acme-challenges', '/metrics']) {
    const led = await plain.says(get(path));
    assert.match(led, /^HTTP\/1\.1 308 /, path);
    assert.ok(led.includes(`\r\nlocation: ${origin}${path}\r\n`), led);
  }
});

/** What is asked, and the status it is refused with. */
const tricks: readonly (readonly [name: string, raw: string, status: number])[] = [
  ['up and out', get(`${below}/../../../etc/passwd`), 400],
  ['up, encoded', get(`${below}/%2e%2e/%2e%2e/etc/passwd`), 400],
  ['up, by one segment', get(`${below}/..`), 400],
  ['up, the slash encoded', get(`${below}/..%2f..%2fetc%2fpasswd`), 400],
  ['a folder below', get(`${below}/folder/${token}`), 404],
  ['the folder itself', get(`${below}/`), 404],
  ['a token of another case of slash', get(`${below}\\${token}`), 400],
  ['an encoded token', get(`${below}/%4c${token.slice(1)}`), 404],
  ['a zero byte', get(`${below}/${token}%00`), 400],
  ['a token and more', get(`${below}/${token};a=b`), 404],
  ['a token that is too long', get(`${below}/${'a'.repeat(129)}`), 404],
  ['a hidden file', get(`${below}/.hidden`), 404],
  ['a link to another file', get(`${below}/link`), 404],
  ['a link to a true answer', get(`${below}/linked`), 404],
  ['a file that is no answer', get(`${below}/secret`), 404],
  ['an answer to another token', get(`${below}/others`), 404],
  ['a folder of that name', get(`${below}/folder`), 404],
  ['a pipe of that name', get(`${below}/pipe`), 404],
  ["another host's page", get('/', '', 'evil.example'), 421],
  ['two hosts', get('/', 'Host: evil.example\r\n'), 400],
  ['a page at another host', get('//evil.example/'), 400],
  ['an absolute address', get('http://evil.example/'), 400],
  ['something sent', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}', 403],
  ['a body with a question', get('/', 'Content-Length: 2\r\n', 'localhost').concat('{}'), 400],
  ['a way out', 'TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n', 501],
  ['no host', 'GET / HTTP/1.0\r\n\r\n', 505],
];

test('nothing but the answer to its own token leaves the folder', async () => {
  await using plain = await startPlain();
  const inside = (name: string) => join(plain.dir, name);
  await writeFile(inside(token), answer);
  await writeFile(inside('secret'), 'the key of the account');
  await writeFile(inside('.hidden'), `.hidden.${'a'.repeat(43)}`);
  await writeFile(inside('others'), answer);
  await symlink('/etc/passwd', inside('link'));
  await mkdir(inside('folder'));
  await writeFile(join(inside('folder'), token), answer);
  await writeFile(join(inside('folder'), 'linked'), `linked.${'a'.repeat(43)}`);
  await symlink(join(inside('folder'), 'linked'), inside('linked'));
  execFileSync('mkfifo', [inside('pipe')]);
  for (const [name, raw, status] of tricks) {
    const said = await plain.says(raw);
    assert.equal(Number(said.split(' ')[1]), status, `${name}: ${said}`);
    assert.ok(!/root:|key of the account|a{43}/.test(said), name);
    assert.ok(!/^location:.*evil/im.test(said), name);
  }
});

test('who asks too often, and who is not in front, is held out here too', async () => {
  await using often = await startPlain({ rate: { requests: 2, perSeconds: 60 } });
  const statuses: string[] = [];
  for (let index = 0; index < 3; index++) statuses.push((await often.says(get('/'))).slice(9, 12));
  assert.deepEqual(statuses, ['308', '308', '429']);
  const front = { ranges: ['192.0.2.0/24'], addressHeader: null, certificate: false };
  await using behind = await startPlain({ front });
  assert.equal(await behind.says(get('/')).catch(() => ''), '');
  assert.equal(behind.ingress.telemetry.decisions()[0]?.reason, 'front-bypassed');
});
