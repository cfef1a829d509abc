// No role may bring along, when it is started, what none needs: Node's own HTTP client with fetch,
// or more of a library than is used. It would cost each jail memory, and each start time.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { roles } from '../cli/roles.ts';

const run = promisify(execFile);
const serve = new URL('../cli/serve.ts', import.meta.url).href;
const list = new URL('../cli/roles.ts', import.meta.url).href;

const script = (role: string) => `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  await import(${JSON.stringify(serve)});
  const { roles } = await import(${JSON.stringify(list)});
  await roles[${JSON.stringify(role)}]();
  console.log([...process.moduleLoadList, ...loaded].join('\\n'));
`;

const tooMuch: readonly [what: string, pattern: RegExp][] = [
  ["Node's fetch", /^NativeModule internal\/deps\/undici\/undici$/m],
  ['the whole HTTP client', /node_modules\/undici\/index\.js$/m],
  ["the HTTP client's HTTP/2", /node_modules\/undici\/lib\/dispatcher\/client-h2\.js$/m],
  ['the whole metrics library', /node_modules\/prom-client\/index\.js$/m],
  ['tracing', /node_modules\/@opentelemetry\//],
  ['the command line', /node_modules\/commander\//],
  ['the words of zod in every language', /node_modules\/zod\/v4\/locales\/de\.js$/m],
  ['translations between APIs', /src\/policy\/llm-translate\/translate\.ts$/m],
  ['the cache of answers', /src\/roles\/llm\/cache\/open-cache\.ts$/m],
  ['the endpoints for keys', /src\/roles\/llm\/keys\/admin-api\.ts$/m],
];

for (const role of Object.keys(roles)) {
  test(`the role ${role} starts without what no role needs`, async () => {
    const args = ['--input-type=module', '--eval', script(role)];
    const { stdout } = await run(process.execPath, args, { maxBuffer: 1e7 });
    assert.match(stdout, new RegExp(`src/roles/${role}/serve\\.ts$`, 'm'));
    for (const [what, pattern] of tooMuch) assert.doesNotMatch(stdout, pattern, what);
  });
}
